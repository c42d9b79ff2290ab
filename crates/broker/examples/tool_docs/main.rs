//! Writes docs/tools.md: `tool_docs FILE`. Every tool is documented from its definition, with an exchange that is carried
//! out here against `odoo-sim`: what a person decides is decided by the program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a document with a hole in it is not to be written")]

mod errors;
mod examples;
#[path = "../../tests/broker/house.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod house;
mod page;
mod print;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(file) = std::env::args().nth(1) else { return Err("usage: tool_docs FILE".into()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let exchanges = runtime.block_on(examples::carried_out());
    std::fs::write(file, page::of(&gatehouse_broker::catalogue(), &exchanges))?;
    Ok(())
}
