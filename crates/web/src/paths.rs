//! Which paths need access. The caller lists those that do not; everything else does, also paths that
//! do not exist.

/// What a path shows, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// For people: HTML and what belongs to it. Open, and links from elsewhere may lead there.
    Page,
    /// For programs, without a token.
    Open,
    /// Token, sign-in or unix socket.
    Protected,
}

/// The paths that need no access. Comparison is by the bytes of the path, as the router's is, so
/// nothing can be open here and lead elsewhere there.
#[derive(Debug, Clone, Default)]
pub struct Paths {
    open: Vec<String>,
    pages: Vec<String>,
    page_folders: Vec<String>,
}

impl Paths {
    /// None is open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a path to programs: `/api/health`.
    #[must_use]
    pub fn open(mut self, path: &str) -> Self {
        self.open.push(path.to_owned());
        self
    }

    /// Opens a page: `/`.
    #[must_use]
    pub fn page(mut self, path: &str) -> Self {
        self.pages.push(path.to_owned());
        self
    }

    /// Opens all below a folder, which ends with `/`: `/assets/`.
    #[must_use]
    pub fn page_folder(mut self, folder: &str) -> Self {
        self.page_folders.push(folder.to_owned());
        self
    }

    pub(crate) fn judge(&self, path: &str) -> Exposure {
        if self.open.iter().any(|open| open == path) {
            return Exposure::Open;
        }
        let in_folder = |folder: &String| folder.ends_with('/') && path.starts_with(folder);
        if self.pages.iter().any(|page| page == path) || self.page_folders.iter().any(in_folder) {
            return Exposure::Page;
        }
        Exposure::Protected
    }
}

/// Why a path is refused before anybody looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("the request target is no path")]
    NoPath,
    #[error("the path has a `.` or `..` part; write where it leads")]
    Dots,
    #[error("the path has a backslash or a NUL in it")]
    Character,
}

/// Refuses paths that mean one thing to a router and another to a file system or a proxy.
pub(crate) fn check(path: &str) -> Result<(), PathError> {
    if !path.starts_with('/') {
        return Err(PathError::NoPath);
    }
    let lower = path.to_ascii_lowercase();
    if lower.contains('\\') || lower.contains("%5c") || lower.contains("%00") {
        return Err(PathError::Character);
    }
    let plain = lower.replace("%2e", ".").replace("%2f", "/");
    if plain.split('/').any(|part| part == "." || part == "..") {
        return Err(PathError::Dots);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_protected() {
        let paths = Paths::new()
            .open("/api/health")
            .page("/")
            .page_folder("/assets/");
        for (path, exposure) in [
            ("/api/health", Exposure::Open),
            ("/", Exposure::Page),
            ("/assets/app.js", Exposure::Page),
            ("/api/health/", Exposure::Protected),
            ("/API/health", Exposure::Protected),
            ("/api/%68ealth", Exposure::Protected),
            ("/assets", Exposure::Protected),
            ("/assetsx", Exposure::Protected),
            ("//", Exposure::Protected),
            ("/api/v1/servers", Exposure::Protected),
            ("/nothing", Exposure::Protected),
        ] {
            assert_eq!(paths.judge(path), exposure, "{path}");
        }
    }

    #[test]
    fn crooked_paths_are_refused() {
        for (path, expected) in [
            ("/", Ok(())),
            ("/api/v1/servers/a%2Fb", Ok(())),
            ("/a..b/.hidden/...", Ok(())),
            ("/assets/../api", Err(PathError::Dots)),
            ("/assets/%2e%2E/api", Err(PathError::Dots)),
            ("/assets/..%2fapi", Err(PathError::Dots)),
            ("/./a", Err(PathError::Dots)),
            ("/a/..", Err(PathError::Dots)),
            ("/a\\b", Err(PathError::Character)),
            ("/a%5Cb", Err(PathError::Character)),
            ("/a%00", Err(PathError::Character)),
            ("*", Err(PathError::NoPath)),
            ("", Err(PathError::NoPath)),
        ] {
            assert_eq!(check(path), expected, "{path}");
        }
    }
}
