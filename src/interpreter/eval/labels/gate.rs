//! Gates: what arrives at them, and what an approval endorses.

use super::label::{Label, Level};
use super::operators::change;
use super::value::Labelled;
use super::{Outcome, Sink, Walk};
use crate::diagnostics::codes::runtime;
use crate::diagnostics::{ErrorKind, Failure};
use crate::interpreter::eval::Eval;
use crate::interpreter::node::*;
use crate::interpreter::world::{GateReply, GateRequest};
use crate::value::json;
use crate::value::{Value, standard, time};
use std::sync::Arc;

impl<'l> Walk<'_, 'l> {
    pub(super) fn gate(&mut self, node: &'l GateNode, frame: &mut [Labelled]) -> Outcome {
        let request = self.request(node, frame)?;
        if self.eval.passed.iter().any(|(name, _)| *name == node.name) {
            Arc::make_mut(&mut self.eval.passed).retain(|(name, _)| *name != node.name);
        }
        let at = self.eval.at(self.eval.path.named(&node.name), node.span);
        let path: Arc<str> = at.path.as_str().into();
        let mut plain = Walk::frame(frame);
        let reply = {
            let (eval, locals) = (&*self.eval, &plain);
            let judge = |json: &serde_json::Value| {
                let mut apart = Eval::apart(eval, Walk::small_stack());
                apart.judge_answer(node, json, &mut locals.clone()).map(|_| ())
            };
            eval.world.gate(&at, &request, &judge)
        };
        let by_person = self.label(Level::Person, node.span, "a person answers here", None);
        let (failure, rejection) = match self.eval.answered(reply, node.span)? {
            GateReply::Approved { by, comments, at, value } => {
                Arc::make_mut(&mut self.eval.passed).push((node.name.clone(), path));
                // What people type, or have approved after they could change it.
                let given = if node.edit.is_some() { Label::literal() } else { by_person };
                let texts = |list: Vec<String>| Value::list(list.into_iter().map(Value::from).collect());
                let at = Value::Time(time::parse(&at).unwrap_or_default());
                let approval = Value::record(&standard::APPROVAL, vec![texts(by), texts(comments), at]);
                let approval = Labelled::deep(approval, &given);
                for (_, shown) in node.show.iter().flatten() {
                    change(shown, frame, &Labelled::endorsed);
                }
                if let Some(slot) = node.slot {
                    frame[slot as usize] = approval.clone();
                }
                if node.ty.is_none() {
                    return Ok(approval);
                }
                let json = value.unwrap_or(serde_json::Value::Null);
                return match self.eval.judge_answer(node, &json, &mut plain) {
                    Ok(value) => Ok(Labelled::deep(value, &given)),
                    Err(wrong) => {
                        let message =
                            format!("the value given at gate `{}` is not acceptable: {wrong:?}", node.name);
                        let failure = Failure::new(ErrorKind::Verification, runtime::E1006, message);
                        Err(self.eval.fail(Box::new(failure), node.span))
                    }
                };
            }
            GateReply::Rejected { by, comment } => {
                let message = format!("gate `{}` was rejected", node.name);
                let failure = Failure::new(ErrorKind::Rejected, runtime::E1015, message);
                (failure, ["rejection".to_owned(), by.join(", "), comment])
            }
            GateReply::Expired => {
                let message = format!("nobody decided at gate `{}` in time", node.name);
                let failure = Failure::new(ErrorKind::Rejected, runtime::E1016, message);
                (failure, ["timeout".to_owned(), String::new(), String::new()])
            }
        };
        let mut failure = failure;
        failure.gate = Some(node.name.to_string());
        if let Some((slot, body)) = &node.on_reject {
            if let Some(slot) = slot {
                let fields = rejection.iter().map(|t| Value::from(t.as_str())).collect();
                frame[*slot as usize] =
                    Labelled::deep(Value::record(&standard::REJECTION, fields), &by_person);
            }
            self.eval(body, frame)?;
        }
        Err(self.eval.fail(Box::new(failure), node.span))
    }

    fn request(&mut self, node: &'l GateNode, frame: &mut [Labelled]) -> Outcome<GateRequest> {
        let question = self.eval(&node.question, frame)?;
        let question = self.arrives(Sink::Question, node.span, &question);
        let show = match &node.show {
            Some(fields) => self.described(fields, frame)?,
            None => self.eval.evidence.clone(),
        };
        let mut require = Vec::new();
        for criterion in &node.require {
            let value = self.eval(criterion, frame)?;
            let text = self.arrives(Sink::Criterion, node.span, &value);
            match value.plain() {
                Value::List(items) => require.extend(items.iter().map(ToString::to_string)),
                _ => require.push(text),
            }
        }
        let edit = match &node.edit {
            Some(value) => {
                let value = self.eval(value, frame)?.plain();
                match json::encode(&value) {
                    Ok(json) => Some(json),
                    Err(json::TooDeep) => return Err(self.eval.fail(json::too_deep(), node.span)),
                }
            }
            None => None,
        };
        let mut plain = Walk::frame(frame);
        let mut escalate = Vec::new();
        for approvers in &node.escalate {
            escalate.push(self.eval.approvers(approvers, node, &mut plain)?);
        }
        let by = match &node.by {
            Some(by) => Some(self.eval.approvers(by, node, &mut plain)?),
            None => None,
        };
        let timeout = self.clause(node.timeout.as_ref(), frame)?;
        let assurance = self.clause(node.assurance.as_ref(), frame)?.map(|v| v.to_string());
        Ok(GateRequest {
            name: node.name.to_string(),
            question,
            by,
            show,
            show_explicit: node.show.is_some(),
            require,
            timeout_ms: self.millis(timeout, node.span)?,
            escalate,
            edit,
            schema: node.ty.as_ref().map(|ty| self.eval.schema(ty)),
            type_name: node.ty.as_ref().map(|ty| ty.show(&self.eval.lowered.defs).to_string()),
            assurance,
        })
    }
}
