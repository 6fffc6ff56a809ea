//! What single programs mean by short options and by long numbers.

/// What an option of one letter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A secret.
    Secret,
    /// A user and a password: `name:password`.
    UserAndPassword,
}

/// Where an option of one letter has its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the next argument, or attached: `-u X`, `-uX`.
    Either,
    /// Only attached: `-pX`, for a bare `-p` asks.
    Attached,
    /// Only in the next argument.
    Next,
}

/// An option of one letter whose value is secret.
#[derive(Clone, Copy, Debug)]
pub(super) struct Short {
    pub(super) letter: u8,
    pub(super) place: Place,
    pub(super) kind: Kind,
}

const fn secret(letter: u8, place: Place) -> Short {
    Short {
        letter,
        place,
        kind: Kind::Secret,
    }
}

const fn user(letter: u8) -> Short {
    Short {
        letter,
        place: Place::Either,
        kind: Kind::UserAndPassword,
    }
}

const CURL: &[Short] = &[user(b'u'), user(b'U'), secret(b'b', Place::Either)];
const HTTPIE: &[Short] = &[user(b'a')];
const LFTP: &[Short] = &[user(b'u')];
const SAMBA: &[Short] = &[user(b'U')];
const ATTACHED: &[Short] = &[secret(b'p', Place::Attached)];
const SMALL_P: &[Short] = &[secret(b'p', Place::Either)];
const NEXT_P: &[Short] = &[secret(b'p', Place::Next)];
const REDIS: &[Short] = &[secret(b'a', Place::Next)];
const LDAP: &[Short] = &[secret(b'w', Place::Either)];
const CAPITAL_P: &[Short] = &[secret(b'P', Place::Either)];
const SNMP: &[Short] = &[
    secret(b'c', Place::Next),
    secret(b'A', Place::Next),
    secret(b'X', Place::Next),
];
const SSH_KEYGEN: &[Short] = &[secret(b'N', Place::Next), secret(b'P', Place::Next)];
const OPENSSL: &[Short] = &[secret(b'k', Place::Next), secret(b'K', Place::Next)];

/// The secret short options of a program, by the name of its file; of a subcommand for
/// `login`, which has its own in many programs.
pub(super) fn short_options(program: &[u8]) -> &'static [Short] {
    match program {
        b"curl" => CURL,
        b"http" | b"https" | b"xh" => HTTPIE,
        b"lftp" => LFTP,
        b"smbclient" | b"rpcclient" => SAMBA,
        b"mysql" | b"mysqldump" | b"mysqladmin" | b"mysqlimport" | b"mysqlsh" | b"mysqlcheck"
        | b"mysqlshow" | b"mariadb" | b"mariadb-dump" | b"mariadb-admin" | b"7z" | b"7za"
        | b"7zz" | b"7zr" | b"rar" | b"unrar" => ATTACHED,
        b"sshpass" | b"rdesktop" => SMALL_P,
        b"mongo" | b"mongosh" | b"mongodump" | b"mongorestore" | b"mongoexport"
        | b"mongoimport" | b"login" => NEXT_P,
        b"redis-cli" | b"valkey-cli" => REDIS,
        b"ldapsearch" | b"ldapadd" | b"ldapmodify" | b"ldapdelete" | b"ldapwhoami"
        | b"ldappasswd" => LDAP,
        b"zip" | b"unzip" | b"mosquitto_pub" | b"mosquitto_sub" | b"ipmitool" => CAPITAL_P,
        b"openssl" => OPENSSL,
        b"snmpget" | b"snmpset" | b"snmpwalk" | b"snmpbulkwalk" | b"snmptrap" => SNMP,
        b"ssh-keygen" => SSH_KEYGEN,
        _ => &[],
    }
}

/// Whether a long option of a program takes a user and a password.
pub(super) fn takes_user(program: &[u8], option: &[u8]) -> bool {
    match program {
        b"curl" => matches!(option, b"user" | b"proxy-user"),
        b"http" | b"https" | b"xh" => option == b"auth",
        _ => false,
    }
}

/// Programs whose `-e` is a piece of their own language or something else of theirs,
/// not an environment variable.
pub(super) fn evaluates(program: &[u8]) -> bool {
    matches!(
        program,
        b"node"
            | b"bun"
            | b"deno"
            | b"perl"
            | b"ruby"
            | b"sed"
            | b"grep"
            | b"egrep"
            | b"rg"
            | b"awk"
            | b"gawk"
            | b"lua"
            | b"php"
            | b"Rscript"
            | b"julia"
            | b"elixir"
            | b"ghc"
            | b"jq"
            | b"yq"
            | b"rsync"
            | b"strace"
            | b"ps"
            | b"psql"
            | b"xterm"
            | b"mysql"
    )
}

/// Programs that name containers and commits by long hexadecimal numbers.
pub(super) fn names_objects(program: &[u8]) -> bool {
    matches!(
        program,
        b"docker"
            | b"podman"
            | b"nerdctl"
            | b"ctr"
            | b"crictl"
            | b"runc"
            | b"crun"
            | b"conmon"
            | b"dockerd"
            | b"containerd"
            | b"docker-proxy"
            | b"docker-init"
            | b"buildah"
            | b"skopeo"
            | b"buildkitd"
            | b"git"
            | b"gh"
            | b"jj"
            | b"hg"
            | b"nix"
            | b"nix-store"
            | b"nix-daemon"
            | b"ostree"
            | b"flatpak"
            | b"bwrap"
            | b"cargo"
            | b"rustc"
    ) || program.starts_with(b"containerd-shim")
        || program.starts_with(b"git-")
}

/// Whether a program is one that the rules here know anything about.
pub(super) fn is_known(program: &[u8]) -> bool {
    !short_options(program).is_empty() || evaluates(program) || names_objects(program)
}

/// [`names_objects`] for the program that a command line starts with.
pub(super) fn first_names_objects(text: &str) -> bool {
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    names_objects(base_name(word).as_bytes())
}

/// The file name of a program as it was called.
pub(super) fn base_name(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}
