//! `gate`: the question, the evidence, who decides, and what their decision gives.

use super::ask::stop_messages;
use super::{Eval, Outcome, Stack, internal};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::node::{ApproversNode, CheckNode, GateNode};
use crate::interpreter::world::{ApproverSpec, GateReply, GateRequest};
use crate::types::Type;
use crate::value::json::{self, Mismatch, Mode, describe};
use crate::value::{Value, standard, time};
use serde_json::Value as Json;
use std::sync::Arc;

/// What the check of an edited value may use of the stack of whoever asks for it.
const ROOM: usize = 1 << 20;

impl<'l> Eval<'l> {
    pub(super) fn gate(&mut self, node: &'l GateNode, frame: &mut [Value]) -> Outcome {
        let request = self.gate_request(node, frame)?;
        // A gate that is asked anew is not approved until it is.
        if self.passed.iter().any(|(name, _)| *name == node.name) {
            Arc::make_mut(&mut self.passed).retain(|(name, _)| *name != node.name);
        }
        let at = self.at(self.path.named(&node.name), node.span);
        let path: Arc<str> = at.path.as_str().into();
        let reply = {
            let (this, locals) = (&*self, &*frame);
            // Other threads may ask this one's question, so each asking evaluates apart.
            let judge = |json: &Json| {
                let mut eval = Eval::apart(this, Stack::here(ROOM));
                eval.judge_answer(node, json, &mut locals.to_vec()).map(|_| ())
            };
            self.world.gate(&at, &request, &judge)
        };
        match self.answered(reply, node.span)? {
            GateReply::Approved { by, comments, at, value } => {
                Arc::make_mut(&mut self.passed).push((node.name.clone(), path));
                let texts = |list: Vec<String>| Value::list(list.into_iter().map(Value::from).collect());
                let Some(at) = time::parse(&at) else {
                    return Err(self.fail(internal(format!("{at} is not the time of a decision")), node.span));
                };
                let approval =
                    Value::record(&standard::APPROVAL, vec![texts(by), texts(comments), Value::Time(at)]);
                if let Some(slot) = node.slot {
                    frame[slot as usize] = approval.clone();
                }
                if node.ty.is_none() {
                    return Ok(approval);
                }
                let Some(json) = value else {
                    return Err(self.fail(internal("the decision came without the value"), node.span));
                };
                self.judge_answer(node, &json, frame).map_err(|wrong| {
                    let message = format!(
                        "the value given at gate `{}` is not acceptable: {}",
                        node.name,
                        wrong.join("; ")
                    );
                    self.fail(
                        Box::new(Failure::new(ErrorKind::Verification, runtime::E1006, message)),
                        node.span,
                    )
                })
            }
            GateReply::Rejected { by, comment } => {
                let by = by.join(", ");
                let mut message = format!("gate `{}` was rejected", node.name);
                if !by.is_empty() {
                    message.push_str(&format!(" by {by}"));
                }
                if !comment.trim().is_empty() {
                    message.push_str(&format!(": {}", comment.trim()));
                }
                let failure = Failure::new(ErrorKind::Rejected, runtime::E1015, message);
                self.rejected(node, failure, ["rejection", &by, &comment], frame)
            }
            GateReply::Expired => {
                let message = format!("nobody decided at gate `{}` in time", node.name);
                let failure = Failure::new(ErrorKind::Rejected, runtime::E1016, message);
                self.rejected(node, failure, ["timeout", "", ""], frame)
            }
        }
    }

    fn gate_request(&mut self, node: &'l GateNode, frame: &mut [Value]) -> Outcome<GateRequest> {
        let question = self.text_of(&node.question, frame)?;
        let show = match &node.show {
            Some(fields) => self.labelled(fields, frame)?,
            None => self.evidence.clone(),
        };
        let mut require = Vec::with_capacity(node.require.len());
        for criterion in &node.require {
            match self.eval(criterion, frame)? {
                // A list of criteria is as good as each alone.
                Value::List(items) => require.extend(items.iter().map(ToString::to_string)),
                one => require.push(one.to_string()),
            }
        }
        let edit = match &node.edit {
            Some(value) => {
                let value = self.eval(value, frame)?;
                match json::encode(&value) {
                    Ok(json) => Some(json),
                    Err(json::TooDeep) => return Err(self.fail(json::too_deep(), node.span)),
                }
            }
            None => None,
        };
        let mut escalate = Vec::with_capacity(node.escalate.len());
        for approvers in &node.escalate {
            escalate.push(self.approvers(approvers, node, frame)?);
        }
        Ok(GateRequest {
            name: node.name.to_string(),
            question,
            by: node.by.as_ref().map(|by| self.approvers(by, node, frame)).transpose()?,
            show,
            show_explicit: node.show.is_some(),
            require,
            timeout_ms: self.duration_clause(node.timeout.as_ref(), "a timeout", node.span, frame)?,
            escalate,
            edit,
            schema: node.ty.as_ref().map(|ty| self.schema(ty)),
            type_name: node.ty.as_ref().map(|ty| ty.show(&self.lowered.defs).to_string()),
            assurance: self.optional_text_of(node.assurance.as_ref(), frame)?,
        })
    }

    pub(super) fn approvers(
        &mut self,
        node: &'l ApproversNode,
        gate: &'l GateNode,
        frame: &mut [Value],
    ) -> Outcome<ApproverSpec> {
        let all = |eval: &mut Self, nodes: &'l [ApproversNode], frame: &mut [Value]| {
            nodes.iter().map(|n| eval.approvers(n, gate, frame)).collect::<Outcome<Vec<_>>>()
        };
        Ok(match node {
            ApproversNode::One(node) => match self.eval(node, frame)? {
                Value::Text(name) => ApproverSpec::One(name.to_string()),
                other => return Err(self.not(other, "a role")),
            },
            ApproversNode::And(nodes) => ApproverSpec::And(all(self, nodes, frame)?),
            ApproversNode::Or(nodes) => ApproverSpec::Or(all(self, nodes, frame)?),
            ApproversNode::Quorum(count, nodes) => {
                let count = self.clause(count, 1, "how many must approve", gate.span, frame)?;
                ApproverSpec::Quorum { count, of: all(self, nodes, frame)? }
            }
        })
    }

    /// The edited or answered value, or what is wrong with it.
    pub(super) fn judge_answer(
        &mut self,
        node: &'l GateNode,
        json: &Json,
        frame: &mut [Value],
    ) -> Result<Value, Vec<String>> {
        let ty = node.ty.as_ref().unwrap_or(&Type::Json);
        let value = self
            .decode(ty, json, Mode::Strict)
            .map_err(|wrong| wrong.iter().map(Mismatch::to_string).collect::<Vec<_>>())?;
        let checks: &'l [CheckNode] = &node.checks;
        match self.check(checks, &value, frame) {
            Ok(wrong) if wrong.is_empty() => Ok(value),
            Ok(wrong) => Err(wrong),
            Err(exit) => Err(stop_messages(self.stop_of(exit))),
        }
    }

    fn rejected(
        &mut self,
        node: &'l GateNode,
        mut failure: Failure,
        rejection: [&str; 3],
        frame: &mut [Value],
    ) -> Outcome {
        failure.gate = Some(node.name.to_string());
        if let Some((slot, body)) = &node.on_reject {
            if let Some(slot) = slot {
                frame[*slot as usize] =
                    Value::record(&standard::REJECTION, rejection.iter().map(|t| Value::from(*t)).collect());
            }
            // The block leaves; one that does not leaves the rejection as it was.
            self.eval(body, frame)?;
        }
        Err(self.fail(Box::new(failure), node.span))
    }

    /// Adds a step's value to the evidence of later gates.
    pub(super) fn remember(&mut self, value: &Value) -> Json {
        let json = describe(value);
        let place = self.path.inner();
        match self.evidence.iter_mut().find(|(name, _)| *name == place) {
            Some((_, old)) => *old = json.clone(),
            None => self.evidence.push((place, json.clone())),
        }
        json
    }
}
