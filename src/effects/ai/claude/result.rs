//! What the program says at the end of a turn, which is not taken on trust: an error may call itself a success.

use crate::diagnostics::codes::ask::{E1327, E1328, E1332};
use crate::diagnostics::{ErrorKind, Failure};
use crate::effects::ai::Unanswered;
use crate::effects::ai::remote::{Server, Status};
use crate::effects::ai::retry::Miss;
use crate::effects::ai::usage::Usage;
use crate::effects::process::Finished;
use serde_json::Value as Json;

/// The object that tells how it went; the last one, should there be several lines.
pub fn result(finished: &Finished) -> Option<Json> {
    let text = String::from_utf8_lossy(&finished.stdout);
    let lines = text.lines().rev().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    lines.into_iter().find(|v| v.get("type").and_then(Json::as_str) == Some("result"))
}

pub fn usage(result: &Json) -> Usage {
    let tokens =
        |name: &str| result.get("usage").and_then(|u| u.get(name)).and_then(Json::as_u64).unwrap_or(0);
    Usage {
        input: tokens("input_tokens"),
        output: tokens("output_tokens"),
        cache_read: tokens("cache_read_input_tokens"),
        cache_write: tokens("cache_creation_input_tokens"),
        cost: result.get("total_cost_usd").and_then(Json::as_f64),
    }
}

/// The answer, or why there is none. `subtype: success` says nothing about that.
pub fn judge(result: &Json, typed: bool, model: &str) -> Result<String, Miss> {
    let text = |key: &str| result.get(key).and_then(Json::as_str).unwrap_or_default();
    let said = text("result");
    if let Some(status) = result.get("api_error_status").and_then(Json::as_u64) {
        let status = u16::try_from(status).unwrap_or(500);
        return Err(Status { provider: "claude", server: &Server::anthropic(), model }.of(status, said));
    }
    let failed =
        |kind, code, message: String| Err(Miss::ends(Unanswered::Failed(Failure::new(kind, code, message))));
    match text("subtype") {
        "error_max_budget_usd" => {
            let message = String::from("`claude` stopped at its share of the limit on cost");
            return failed(ErrorKind::Permission, E1328, message);
        }
        "success" => {}
        other => {
            let message = format!("`claude` gave no answer ({})", crate::ui::escape::line(other));
            return failed(ErrorKind::Verification, E1332, message);
        }
    }
    if result.get("num_turns").and_then(Json::as_u64) == Some(0) {
        let message = String::from("`claude` took the question as a command of its own");
        return failed(ErrorKind::Verification, E1332, message);
    }
    if result.get("is_error").and_then(Json::as_bool) != Some(false) {
        let message = format!(
            "`claude` gave no answer: {}",
            crate::ui::escape::fit(&crate::ui::escape::line(said), 300)
        );
        let failure = Failure::new(ErrorKind::Configuration, E1332, message)
            .help("start `claude` by hand to see whether it is logged in");
        return Err(Miss::ends(Unanswered::Unavailable(failure)));
    }
    match text("stop_reason") {
        "refusal" => {
            return Err(Status { provider: "claude", server: &Server::anthropic(), model }.refused(said));
        }
        "max_tokens" => {
            return failed(
                ErrorKind::Verification,
                E1327,
                String::from("the answer was cut off at its greatest length"),
            );
        }
        _ => {}
    }
    Ok(match result.get("structured_output").filter(|v| typed && !v.is_null()) {
        Some(value) => value.to_string(),
        // It is held against the type all the same, and asked for again if it does not fit.
        None => said.to_owned(),
    })
}

/// It is over, and there was no result.
pub fn no_result(status: &str, errors: Option<String>) -> Failure {
    let message = format!("`claude` ended with {status} and said nothing that is a result");
    let failure = Failure::new(ErrorKind::Configuration, E1332, message)
        .help("start `claude` by hand to see what is wrong with it");
    match errors {
        Some(text) => failure.note(text),
        None => failure,
    }
}
