//! One request a line, tab-separated: `to-json MESSAGE HEX` or `from-json MESSAGE JSON`.
//! One answer a line: `ok TEXT` or `error TEXT`.

use std::io::{BufRead, Write};

use datafusion_proto_common::protobuf_common::{ScalarValue, Schema};
use datafusion_proto_models::protobuf::{
    LogicalExprList, LogicalExprNode, LogicalPlanNode, PhysicalExprNode, PhysicalPlanNode,
};
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};

fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.as_bytes();
    if digits.len() % 2 != 0 {
        return Err("an odd number of hex digits".into());
    }
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|error| error.to_string())?;
            u8::from_str_radix(pair, 16).map_err(|error| error.to_string())
        })
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn convert<M: Message + Default + Serialize + DeserializeOwned>(
    direction: &str,
    payload: &str,
) -> Result<String, String> {
    match direction {
        "to-json" => {
            let message = M::decode(from_hex(payload)?.as_slice()).map_err(|e| e.to_string())?;
            serde_json::to_string(&message).map_err(|e| e.to_string())
        }
        "from-json" => {
            let message: M = serde_json::from_str(payload).map_err(|e| e.to_string())?;
            Ok(to_hex(&message.encode_to_vec()))
        }
        other => Err(format!("unknown direction {other}")),
    }
}

fn answer(line: &str) -> Result<String, String> {
    let mut parts = line.splitn(3, '\t');
    let (Some(direction), Some(message), Some(payload)) =
        (parts.next(), parts.next(), parts.next())
    else {
        return Err("a request has three parts".into());
    };
    match message {
        "LogicalExprNode" => convert::<LogicalExprNode>(direction, payload),
        "LogicalExprList" => convert::<LogicalExprList>(direction, payload),
        "LogicalPlanNode" => convert::<LogicalPlanNode>(direction, payload),
        "PhysicalExprNode" => convert::<PhysicalExprNode>(direction, payload),
        "PhysicalPlanNode" => convert::<PhysicalPlanNode>(direction, payload),
        "ScalarValue" => convert::<ScalarValue>(direction, payload),
        "Schema" => convert::<Schema>(direction, payload),
        other => Err(format!("unknown message {other}")),
    }
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        match answer(&line?) {
            Ok(text) => writeln!(out, "ok {text}")?,
            Err(text) => writeln!(out, "error {}", text.replace('\n', " "))?,
        }
    }
    out.flush()
}
