//! An app without a window that does nothing until it is killed.

fn main() {
    tauri::Builder::default().build(tauri::generate_context!()).expect("the floor stands").run(|_, event| {
        if let tauri::RunEvent::ExitRequested { api, .. } = event {
            api.prevent_exit();
        }
    });
}
