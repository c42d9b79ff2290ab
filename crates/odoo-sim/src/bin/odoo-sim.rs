//! Starts a small Odoo and says how to reach it. An argument is the port; without one any free port is taken.

#![expect(clippy::print_stdout, reason = "a program for developers, whose output is its purpose")]

use gatehouse_odoo_sim::{Sim, SimOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 0,
    };
    let sim = Sim::start(SimOptions { port, ..SimOptions::default() }).await?;
    println!("ODOO_URL={}\nODOO_DB={}", sim.url(), sim.database());
    for account in [sim.admin(), sim.demo()] {
        println!("{} password={} key={}", account.login, account.password, account.api_key);
    }
    std::future::pending::<()>().await;
    Ok(())
}
