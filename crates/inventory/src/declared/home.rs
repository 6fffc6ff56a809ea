//! Whose configuration is read, and where that user's folders are.

use std::path::{Path, PathBuf};

use super::expand::Variables;

/// A user's folders, and the values for `${NAME}` in that user's files.
#[derive(Clone, Debug)]
pub struct Home {
    /// Home folder.
    pub home: PathBuf,
    /// `$XDG_CONFIG_HOME`, or `~/.config`.
    pub xdg_config: PathBuf,
    /// `$XDG_STATE_HOME`, or `~/.local/state`.
    pub xdg_state: PathBuf,
    /// `$XDG_DATA_HOME`, or `~/.local/share`.
    pub xdg_data: PathBuf,
    /// `$CLAUDE_CONFIG_DIR`, where set.
    pub claude_config_dir: Option<PathBuf>,
    /// `$CODEX_HOME`, where set.
    pub codex_home: Option<PathBuf>,
    /// What stands before `/etc`: `/`, or a folder in tests and for a mounted system.
    pub root: PathBuf,
    /// Values for `${NAME}`.
    pub env: Variables,
}

impl Home {
    /// The folders of the user whose home and environment these are. A variable that
    /// is empty or not an absolute path does not count, as the XDG specification says.
    pub fn new(home: impl Into<PathBuf>, env: Variables) -> Self {
        let home = home.into();
        let folder = |name: &str| {
            env.get(name)
                .map(PathBuf::from)
                .filter(|folder| folder.is_absolute())
        };
        Self {
            xdg_config: folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")),
            xdg_state: folder("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state")),
            xdg_data: folder("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share")),
            claude_config_dir: folder("CLAUDE_CONFIG_DIR"),
            codex_home: folder("CODEX_HOME"),
            root: PathBuf::from("/"),
            home,
            env,
        }
    }

    /// The folders that a base stands for. Where a variable moves one, the usual place
    /// is read as well: another session of the client may run without that variable.
    pub(super) fn folders(&self, base: Base) -> Vec<PathBuf> {
        let moved = |moved: Option<&Path>, usual: PathBuf| {
            let mut folders: Vec<PathBuf> = moved.map(Path::to_path_buf).into_iter().collect();
            if !folders.contains(&usual) {
                folders.push(usual);
            }
            folders
        };
        match base {
            Base::Home => vec![self.home.clone()],
            Base::Config => moved(Some(&self.xdg_config), self.home.join(".config")),
            Base::State => moved(Some(&self.xdg_state), self.home.join(".local/state")),
            Base::ClaudeFile => moved(self.claude_config_dir.as_deref(), self.home.clone()),
            Base::ClaudeFolder => {
                moved(self.claude_config_dir.as_deref(), self.home.join(".claude"))
            }
            Base::Codex => moved(self.codex_home.as_deref(), self.home.join(".codex")),
            Base::System => vec![self.root.clone()],
            Base::Project => Vec::new(),
        }
    }
}

/// What the path of a place in the table is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Home,
    /// `$XDG_CONFIG_HOME` and `~/.config`.
    Config,
    /// `$XDG_STATE_HOME` and `~/.local/state`.
    State,
    /// Where `.claude.json` is.
    ClaudeFile,
    /// Where Claude Code keeps everything else.
    ClaudeFolder,
    Codex,
    /// The root of the file system.
    System,
    /// The folder of a project.
    Project,
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Base, Home};
    use crate::declared::expand::Variables;

    #[test]
    fn variables_move_folders() {
        let env = [
            ("XDG_CONFIG_HOME", "/cfg"),
            ("XDG_STATE_HOME", "relative"),
            ("CODEX_HOME", ""),
        ];
        let home = Home::new("/home/ada", Variables::from_iter(env));
        assert_eq!(home.xdg_config, PathBuf::from("/cfg"));
        assert_eq!(home.xdg_state, PathBuf::from("/home/ada/.local/state"));
        assert_eq!(home.codex_home, None);
        let config = [PathBuf::from("/cfg"), PathBuf::from("/home/ada/.config")];
        assert_eq!(home.folders(Base::Config), config);
        assert_eq!(
            home.folders(Base::Codex),
            [PathBuf::from("/home/ada/.codex")]
        );
    }
}
