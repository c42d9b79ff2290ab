use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Odoo, Stage, Windows};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn scratch() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let user = sim.admin();
    let odoo = Odoo {
        url: sim.url(),
        database: sim.database().to_owned(),
        login: user.login.clone(),
        key: user.api_key.clone(),
    };
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut w = Windows::new(&stage);
    w.turn_to(Which::Main).await;
    w.driver().script("window.__errors=[]; addEventListener('error', e=>__errors.push('E '+e.message+' '+(e.error&&e.error.stack))); addEventListener('unhandledrejection', e=>__errors.push('R '+e.reason+' '+(e.reason&&e.reason.stack))); const ce=console.error; console.error=(...a)=>{__errors.push('C '+a.map(x=>x&&x.stack?x.message+x.stack:String(x)).join(' '));ce(...a)};", json!([])).await.unwrap();
    w.click("nav-connections").await;
    w.click("add-connection").await;
    w.fill_in(&NewConnection { name: "Acme", odoo: &odoo, environment: "production" }).await;
    w.click("test-connection").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    eprintln!("{}", w.driver().script("return __errors", json!([])).await.unwrap());
    panic!("look");
}
