use std::sync::Arc;

use aws_sdk_dynamodb::types::Select;
use tracing::debug;

use super::{Failure, Wire};
use crate::expr::Compiled;
use crate::retry::TimeLimit;
use crate::value::Item;

/// One page of a Query or a Scan.
#[derive(Debug, Clone)]
pub(crate) struct PageRequest {
    pub(crate) table: Arc<str>,
    pub(crate) index: Option<&'static str>,
    pub(crate) of: PageOf,
    /// The key condition, the filter as condition, and which attributes, if not all.
    pub(crate) expression: Arc<Compiled>,
    pub(crate) consistent: bool,
    /// How many items are evaluated at most.
    pub(crate) limit: Option<i32>,
    /// The key behind which the page begins.
    pub(crate) start: Option<Item>,
    pub(crate) select: PageSelect,
}

/// What is asked of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageSelect {
    /// What the table or index has.
    Own,
    /// All of it, where a local index has less.
    Whole,
    /// That it is there.
    Count,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum PageOf {
    Query {
        reverse: bool,
    },
    Scan {
        /// Which of how many.
        segment: Option<(i32, i32)>,
    },
}

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// How many items passed the filter.
    pub(crate) count: usize,
    /// How many were evaluated.
    pub(crate) scanned: usize,
    /// The key behind which the next page begins; `None` at the end.
    pub(crate) next: Option<Item>,
}

impl Wire<'_> {
    /// Sends a Query or a Scan.
    pub(crate) async fn page(
        &self,
        request: &PageRequest,
        limit: TimeLimit,
    ) -> Result<Page, Failure> {
        let expression = &request.expression;
        // The two operations have two types and one shape.
        macro_rules! send {
            ($call:ident, |$request:ident| $more:expr) => {{
                let $request = self
                    .client()
                    .$call()
                    .table_name(&*request.table)
                    .set_index_name(request.index.map(str::to_owned))
                    .set_filter_expression(expression.condition.clone())
                    .set_projection_expression(expression.projection.clone())
                    .set_expression_attribute_names(expression.names())
                    .set_expression_attribute_values(expression.values())
                    .consistent_read(request.consistent)
                    .set_limit(request.limit)
                    .set_exclusive_start_key(request.start.clone())
                    .set_select(match request.select {
                        PageSelect::Own => None,
                        PageSelect::Whole => Some(Select::AllAttributes),
                        PageSelect::Count => Some(Select::Count),
                    })
                    .set_return_consumed_capacity(self.report());
                let copy = self.send(Box::pin($more.send()), limit).await;
                copy.into_answer().map(|output| Page {
                    items: output.items.unwrap_or_default(),
                    count: number(output.count),
                    scanned: number(output.scanned_count),
                    next: output.last_evaluated_key.filter(|key| !key.is_empty()),
                })
            }};
        }
        let result = match request.of {
            PageOf::Query { reverse } => send!(query, |r| r
                .set_key_condition_expression(expression.key_condition.clone())
                .scan_index_forward(!reverse)),
            PageOf::Scan { segment } => send!(scan, |r| r
                .set_segment(segment.map(|(segment, _)| segment))
                .set_total_segments(segment.map(|(_, segments)| segments))),
        };
        let outcome = match &result {
            Ok(_) => "done",
            Err(failure) => failure.kind.name(),
        };
        debug!(
            table = &*request.table,
            index = request.index,
            operation = request.name(),
            request.consistent,
            outcome
        );
        result
    }
}

impl PageRequest {
    /// The name of the operation.
    fn name(&self) -> &'static str {
        match self.of {
            PageOf::Query { .. } => "Query",
            PageOf::Scan { .. } => "Scan",
        }
    }
}

/// A count, which is never negative.
fn number(count: i32) -> usize {
    usize::try_from(count).unwrap_or_default()
}
