//! What a fresh machine lacks.

use crate::place;
use crate::step::{Outcome, Step, begin};

/// Debian and Ubuntu packages: to build the app, to drive its real window in tests, and for a real keyring.
const PACKAGES: &[&str] = &[
    "build-essential",
    "curl",
    "dbus-x11",
    "gnome-keyring",
    "imagemagick",
    "libayatana-appindicator3-dev",
    "libdbus-1-dev",
    "librsvg2-dev",
    "libwebkit2gtk-4.1-dev",
    "openbox",
    "pkg-config",
    "procps",
    "python3-venv",
    "webkit2gtk-driver",
    "x11-utils",
    "xdotool",
    "xvfb",
];

/// Vite asks for it.
const OLDEST_NODE: u32 = 20;

/// Everything. Quick where nothing is missing.
pub(crate) fn run() -> Outcome {
    begin("setup");
    system_packages()?;
    node()?;
    front_end_packages()
}

fn system_packages() -> Outcome {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !Step::new("dpkg-query", &["--version"]).works() {
        eprintln!(
            "   not Debian or Ubuntu: make sure that the equivalents of these are installed: {}",
            PACKAGES.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<&str> = PACKAGES.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("   installing {}", missing.join(" "));
    apt_get(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(&missing);
    apt_get(&install).map_err(|why| format!("{why}. Install them by hand: {}", missing.join(" ")))
}

fn is_installed(package: &str) -> bool {
    Step::new("sh", &["-c", &format!("dpkg-query -W -f='${{Status}}' {package} | grep -q 'ok installed'")]).works()
}

fn apt_get(arguments: &[&str]) -> Outcome {
    let is_root = Step::new("id", &["-u"]).read().is_ok_and(|uid| uid.trim() == "0");
    let mut words = Vec::new();
    if !is_root {
        words.push("sudo");
    }
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(arguments);
    let (program, rest) = words.split_first().ok_or("nothing to run")?;
    Step::new(program, rest).run()
}

fn node() -> Outcome {
    let advice =
        format!("Node.js {OLDEST_NODE} or newer is needed to build the front end: see https://nodejs.org/en/download");
    let version = Step::new("node", &["--version"]).read().map_err(|_| advice.clone())?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(format!("{advice} (here: {})", version.trim())),
    }
}

/// `npm ci`, when the lock file is not the one that was installed last.
fn front_end_packages() -> Outcome {
    let ui = place::ui();
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (wanted, mark) = (read(ui.join("package-lock.json")), ui.join("node_modules/.installed-lock.json"));
    if !wanted.is_empty() && read(mark.clone()) == wanted {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    Step::new(npm, &["ci", "--no-audit", "--no-fund"]).within(&ui).run()?;
    std::fs::write(&mark, wanted).map_err(|error| format!("{}: {error}", mark.display()))
}
