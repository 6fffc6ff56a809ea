//! Programs that have just been executed, as kernel events tell of them.

use inventory::command::Command;
use inventory::evidence;
use linux::ProcRoot;

/// Bytes of a command line that are looked at.
const CMDLINE: usize = 4096;

/// Whether what a process has just executed may be an MCP server. A build executes hundreds of
/// programs that are none, and each look costs as much as it does.
pub fn looks_like_a_server(pid: u32) -> bool {
    let Ok(root) = ProcRoot::system() else {
        return true;
    };
    let Ok(text) = root.read(&format!("{pid}/cmdline"), CMDLINE) else {
        return false;
    };
    let words = text
        .split(|&byte| byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned());
    let argv: Vec<String> = words.collect();
    Command::parse(&argv)
        .and_then(|command| evidence::by_name(&command))
        .is_some_and(|verdict| verdict.confidence >= evidence::LISTED)
}
