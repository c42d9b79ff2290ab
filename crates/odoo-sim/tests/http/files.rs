//! Files on records: what is worked out of their content, and who sees them.

use serde_json::{Value, json};

use crate::{Odoo, told};

const DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mPIc1tAEmIY1TCqYfhqAACPiFQQZAKYGwAAAABJRU5ErkJggg==";

async fn created(odoo: &Odoo, vals: Value) -> Value {
    odoo.get("ir.attachment", "create", &json!({ "vals_list": [vals] })).await[0].clone()
}

async fn read(odoo: &Odoo, id: &Value, fields: Value) -> Value {
    odoo.get("ir.attachment", "read", &json!({ "ids": [id], "fields": fields })).await[0].clone()
}

#[tokio::test]
async fn size_checksum_type_and_words_come_from_the_content() {
    let odoo = Odoo::start().await;
    let note =
        created(&odoo, json!({ "name": "note.txt", "datas": "SGVsbG8=", "res_model": "res.partner", "res_id": 15 }))
            .await;
    let fields =
        json!(["raw", "datas", "file_size", "checksum", "mimetype", "index_content", "res_name", "store_fname"]);
    assert_eq!(
        read(&odoo, &note, fields).await,
        json!({
            "id": note,
            "raw": "Hello",
            "datas": "SGVsbG8=",
            "file_size": 5,
            "checksum": "f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0",
            "mimetype": "text/plain",
            "index_content": "Hello",
            "res_name": "Azure Interior",
            "store_fname": "f7/f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0",
        })
    );
    let table = created(&odoo, json!({ "name": "t.csv", "datas": "YSxiCjEsMgo=" })).await;
    let table = read(&odoo, &table, json!(["mimetype", "index_content", "res_id", "res_model"])).await;
    assert_eq!((&table["mimetype"], &table["index_content"]), (&json!("text/csv"), &json!("")));
    assert_eq!((&table["res_id"], &table["res_model"]), (&json!(0), &json!(false)));
    let picture = created(&odoo, json!({ "name": "dot.zzz", "datas": DOT })).await;
    assert_eq!(read(&odoo, &picture, json!(["mimetype", "file_size"])).await["mimetype"], "image/png");
    let bytes = created(&odoo, json!({ "name": "x.bin", "raw": "Hello raw" })).await;
    assert_eq!(read(&odoo, &bytes, json!(["datas", "mimetype"])).await["datas"], "SGVsbG8gcmF3");
}

#[tokio::test]
async fn under_bin_size_a_content_is_its_size() {
    let odoo = Odoo::start().await;
    let id = created(&odoo, json!({ "name": "dot.png", "datas": DOT })).await;
    let body = json!({ "ids": [id], "fields": ["datas"], "context": { "bin_size": true } });
    assert_eq!(odoo.get("ir.attachment", "read", &body).await[0]["datas"], "79.00 bytes");
    let image = json!({ "ids": [10], "fields": ["image_128"] });
    let image = odoo.get("res.partner", "read", &image).await;
    assert!(image[0]["image_128"].as_str().unwrap().starts_with("iVBOR"));
}

#[tokio::test]
async fn the_raw_bytes_of_a_picture_break_the_answer() {
    let odoo = Odoo::start().await;
    let id = created(&odoo, json!({ "name": "dot.png", "datas": DOT })).await;
    let body = json!({ "ids": [id], "fields": ["raw"] });
    let response = odoo.send(&odoo.sim.admin().api_key, "ir.attachment", "read", &body).await;
    assert_eq!(response.status(), 500);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn what_is_no_base64_is_refused_and_a_name_is_required() {
    let odoo = Odoo::start().await;
    let create = async |vals: Value| odoo.refused("ir.attachment", "create", &json!({ "vals_list": [vals] })).await;
    let (status, class, message) = create(json!({ "name": "x", "datas": "not base64!" })).await;
    assert_eq!((status, class.as_str()), (500, "binascii.Error"));
    assert!(message.starts_with("Invalid base64-encoded string"));
    assert_eq!(create(json!({ "datas": "SGVsbG8=" })).await.0, 422);
}

#[tokio::test]
async fn who_sees_a_record_sees_its_files() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let own = created(&odoo, json!({ "name": "mine", "datas": "SGVsbG8=" })).await;
    let of_order =
        created(&odoo, json!({ "name": "o", "datas": "SGVsbG8=", "res_model": "sale.order", "res_id": 3 })).await;
    let of_contact =
        created(&odoo, json!({ "name": "c", "datas": "SGVsbG8=", "res_model": "res.partner", "res_id": 15 })).await;
    for (id, status) in [(&own, 403), (&of_order, 403), (&of_contact, 200)] {
        assert_eq!(
            odoo.ask(demo, "ir.attachment", "read", &json!({ "ids": [id], "fields": ["name"] })).await.0,
            status
        );
    }
    let (_, seen) = odoo
        .ask(demo, "ir.attachment", "search", &json!({ "domain": [["id", "in", [own, of_order, of_contact]]] }))
        .await;
    assert_eq!(seen, json!([of_contact]));
    for place in [json!(["res.users", 2]), json!(["res.partner", 999_999]), json!(["nope.nope", 1])] {
        let vals = json!({ "name": "x", "datas": "SGVsbG8=", "res_model": place[0], "res_id": place[1] });
        let (status, answer) = odoo.ask(demo, "ir.attachment", "create", &json!({ "vals_list": [vals] })).await;
        assert_eq!(told(status, &answer).2, "Sorry, you are not allowed to access this document.");
    }
    // all fields of a file are more than an ordinary user may read
    assert_eq!(odoo.ask(demo, "ir.attachment", "read", &json!({ "ids": [of_contact] })).await.0, 403);
    let page = json!({ "name": "p.html", "datas": "PGI+", "mimetype": "text/html" });
    let (_, id) = odoo.ask(demo, "ir.attachment", "create", &json!({ "vals_list": [page] })).await;
    assert_eq!(read(&odoo, &id[0], json!(["mimetype"])).await["mimetype"], "text/plain");
}

#[tokio::test]
async fn there_are_files_to_look_at() {
    let odoo = Odoo::start().await;
    let files = odoo
        .get("ir.attachment", "search_read", &json!({ "domain": [], "fields": ["name", "mimetype"], "order": "id" }))
        .await;
    let kinds: Vec<&str> = files.as_array().unwrap().iter().map(|file| file["mimetype"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text/plain", "text/csv", "application/pdf", "image/png"]);
    let gone = odoo.get("res.partner", "create", &json!({ "vals_list": [{ "name": "Gone" }] })).await;
    let file =
        created(&odoo, json!({ "name": "x", "datas": "SGVsbG8=", "res_model": "res.partner", "res_id": gone[0] }))
            .await;
    odoo.get("res.partner", "unlink", &json!({ "ids": gone })).await;
    assert_eq!(odoo.get("ir.attachment", "search_count", &json!({ "domain": [["id", "=", file]] })).await, 0);
}
