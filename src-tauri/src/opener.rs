//! Links that leave the app open in the person's own browser.

use gatehouse_core::{EdgeError, ErrorCode};
use std::process::{Command, Stdio};
use url::Url;

/// Opens an `https` page, or an `http` page of this machine. Anything else is refused: it could start a program.
pub(crate) fn open(text: &str) -> Result<(), EdgeError> {
    let url = page(text).ok_or_else(|| {
        EdgeError::new(ErrorCode::InvalidAddress, "Only https pages, and http pages of this machine, are opened.")
    })?;
    let child = command(&url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    match child {
        Ok(mut child) => {
            // Collected when it ends, or it stays a zombie.
            std::thread::spawn(move || drop(child.wait()));
            Ok(())
        }
        Err(error) => {
            Err(EdgeError::new(ErrorCode::Internal, format!("No browser could be started. The page is {url}"))
                .with_detail(error.to_string()))
        }
    }
}

fn page(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let plain = url.username().is_empty() && url.password().is_none();
    (plain && (url.scheme() == "https" || (url.scheme() == "http" && local))).then_some(url)
}

#[cfg(target_os = "linux")]
fn command(url: &Url) -> Command {
    let mut command = Command::new("xdg-open");
    command.arg(url.as_str());
    command
}

/// Never compiled here.
#[cfg(target_os = "macos")]
fn command(url: &Url) -> Command {
    let mut command = Command::new("/usr/bin/open");
    command.arg(url.as_str());
    command
}

/// Never compiled here.
#[cfg(windows)]
fn command(url: &Url) -> Command {
    let mut command = Command::new("rundll32.exe");
    command.arg("url.dll,FileProtocolHandler").arg(url.as_str());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_are_opened() {
        assert!(page("https://acme.odoo.com/odoo/settings").is_some());
        assert!(page("http://127.0.0.1:8069/web").is_some());
        for bad in
            ["http://acme.com/", "file:///bin/sh", "javascript:alert(1)", "-e", "vscode://x", "https://u:p@acme.com/"]
        {
            assert!(page(bad).is_none(), "{bad} would be opened");
        }
    }
}
