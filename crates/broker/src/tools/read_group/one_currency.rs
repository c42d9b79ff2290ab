//! The way of a grouping whose amounts are all in one currency, as they mostly are: the groups are asked for without the
//! currency among what they are grouped by, and tell their currencies beside their sums. That costs Odoo no more than the
//! sums alone.

use super::apart::Apart;
use gatehouse_odoo::Record;
use gatehouse_odoo::domain::{Aggregate, Grouping};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DISTINCT: &str = "array_agg_distinct";

/// A grouping that tells currencies instead of grouping by them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OneCurrency {
    /// What Odoo is asked.
    pub(super) grouping: Grouping,
    /// The aggregate that lists a group's currencies, by what the other way groups by.
    told: BTreeMap<String, String>,
    /// Groups stand in the order of what was summed up of them.
    is_ranked: bool,
}

impl OneCurrency {
    /// In place of `grouping`, which keeps currencies apart. `None` where it may not do: a condition on sums, or the first
    /// few of a rank (`limited`), could leave out a group unseen for what its currencies sum up to together.
    pub(super) fn in_place_of(grouping: &Grouping, apart: &Apart, limited: bool) -> Option<Self> {
        let is_axis = |name: &str| grouping.axes.iter().any(|axis| axis.spec == name);
        let order = grouping.order.as_deref().unwrap_or_default();
        let mut names = order.split(", ").filter_map(|term| term.split_whitespace().next());
        let is_ranked = names.any(|name| !is_axis(name));
        if !grouping.having.is_null() || is_ranked && limited {
            return None;
        }
        let mut plain = grouping.clone();
        let mut told = BTreeMap::new();
        for axis in apart.currency_axes() {
            let field = apart.told.get(axis)?.clone();
            let spec = format!("{field}:{DISTINCT}");
            plain.axes.retain(|kept| kept.spec != *axis);
            plain.aggregates.push(Aggregate { spec: spec.clone(), field, function: DISTINCT.to_owned() });
            told.insert(axis.clone(), spec);
        }
        (!told.is_empty()).then_some(Self { grouping: plain, told, is_ranked })
    }

    /// The groups as the other way tells them, where each of them is in one and the same currency; `None` where they are
    /// not, or where that cannot be told. More than `most` groups: some are missing. A currency is named where it is known.
    pub(super) fn groups(
        &self,
        mut rows: Vec<Record>,
        most: usize,
        name: impl Fn(i64) -> Option<Value>,
    ) -> Option<Vec<Record>> {
        if self.is_ranked && rows.len() > most {
            return None;
        }
        for (axis, aggregate) in &self.told {
            let mut one: Option<Value> = None;
            for row in &rows {
                for currency in row.get(aggregate)?.as_array()? {
                    match &one {
                        None => one = Some(currency.clone()),
                        Some(known) if known == currency => {}
                        Some(_) => return None,
                    }
                }
            }
            let cell = match one {
                None | Some(Value::Null) => Value::Null,
                Some(currency) => name(currency.as_i64()?)?,
            };
            for row in &mut rows {
                row.remove(aggregate);
                row.insert(axis.clone(), cell.clone());
            }
        }
        Some(rows)
    }
}

/// A currency as the name of a group.
pub(super) fn named(id: i64, name: Option<&str>) -> Value {
    name.map_or_else(|| json!({"id": id}), |name| json!({"id": id, "name": name}))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: &str = "currency_id";
    const TOLD: &str = "currency_id:array_agg_distinct";

    fn one_currency(is_ranked: bool) -> OneCurrency {
        let grouping = Grouping::by(Vec::new());
        OneCurrency { grouping, told: BTreeMap::from([(AXIS.to_owned(), TOLD.to_owned())]), is_ranked }
    }

    /// Groups that list these currencies, as the other way would tell them.
    fn groups(told: &[Value]) -> Option<Vec<Value>> {
        let row = |told: &Value| Record::from_iter([(TOLD.to_owned(), told.clone())]);
        let name = |id| (id != 9).then(|| named(id, Some("USD")));
        let rows = one_currency(false).groups(told.iter().map(row).collect(), 80, name)?;
        Some(rows.into_iter().map(Value::Object).collect())
    }

    #[test]
    fn only_groups_in_one_and_the_same_currency_are_taken() {
        let usd = json!({"currency_id": {"id": 1, "name": "USD"}});
        let none = json!({"currency_id": null});
        assert_eq!(groups(&[json!([1]), json!([]), json!([1])]), Some(vec![usd.clone(), usd.clone(), usd]));
        assert_eq!(groups(&[json!([])]), Some(vec![none.clone()]));
        assert_eq!(groups(&[json!([null]), json!([null])]), Some(vec![none.clone(), none]));
        assert_eq!(groups(&[]), Some(Vec::new()));
        for told in [
            vec![json!([1, 2])],
            vec![json!([1]), json!([2])],
            vec![json!([1, null])],
            vec![json!([null]), json!([1])],
            vec![json!([9])],
            vec![json!(["1"])],
            vec![json!([false])],
            vec![json!(false)],
            vec![json!(1)],
        ] {
            assert_eq!(groups(&told), None, "{told:?}");
        }
        assert_eq!(one_currency(false).groups(vec![Record::new()], 80, |_| None), None, "a group that does not tell");
    }

    #[test]
    fn a_rank_of_which_groups_are_missing_is_not_taken() {
        let rows = || vec![Record::from_iter([(TOLD.to_owned(), json!([1]))]); 3];
        let name = |id| Some(named(id, None));
        assert!(one_currency(true).groups(rows(), 2, name).is_none());
        assert!(one_currency(true).groups(rows(), 3, name).is_some());
        assert!(one_currency(false).groups(rows(), 2, name).is_some());
    }
}
