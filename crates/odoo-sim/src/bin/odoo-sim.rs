//! Starts a small Odoo and says how to reach it. The first argument is the port (without one any free port is
//! taken), the second how many contacts there are beyond the demo's.

#![expect(clippy::print_stdout, reason = "a program for developers, whose output is its purpose")]

use gatehouse_odoo_sim::{Sim, SimOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let contacts = arguments.next().map_or(Ok(0), |contacts| contacts.parse())?;
    let sim = Sim::start(SimOptions { port, contacts, ..SimOptions::default() }).await?;
    println!("ODOO_URL={}\nODOO_DB={}", sim.url(), sim.database());
    for account in [sim.admin(), sim.demo()] {
        println!("{} password={} key={}", account.login, account.password, account.api_key);
    }
    std::future::pending::<()>().await;
    Ok(())
}
