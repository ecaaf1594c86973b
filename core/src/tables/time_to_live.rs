use aws_sdk_dynamodb::types::{TimeToLiveDescription, TimeToLiveStatus};

use super::subject::Subject;
use crate::db::Asking;
use crate::error::Result;

/// Whether items expire by the attribute that their entities say.
#[derive(Debug, PartialEq, Eq)]
enum TimeToLive {
    On,
    Off,
    /// How it differs, as a clause.
    Differs(String),
}

impl TimeToLive {
    fn of(found: &TimeToLiveDescription, wanted: &str) -> Self {
        match (found.time_to_live_status(), found.attribute_name()) {
            (Some(TimeToLiveStatus::Disabling), _) => {
                Self::Differs("time to live is being turned off".to_owned())
            }
            (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), Some(attribute)) => {
                if attribute == wanted {
                    Self::On
                } else {
                    Self::Differs(format!("items expire by `{attribute}`, not by `{wanted}`"))
                }
            }
            _ => Self::Off,
        }
    }
}

impl Subject {
    /// Items must expire as their entities say.
    pub(super) async fn verify_time_to_live(&self, asking: &mut Asking) -> Result<()> {
        let Some(attribute) = self.layout.ttl else {
            return Ok(());
        };
        let found = self.time_to_live(attribute, asking).await?;
        self.check_time_to_live(found, attribute)
    }

    /// Turns time to live on in a new table, unless it is.
    pub(super) async fn enable_time_to_live(&self, asking: &mut Asking) -> Result<()> {
        let Some(attribute) = self.layout.ttl else {
            return Ok(());
        };
        let mut found = self.time_to_live(attribute, asking).await?;
        if found == TimeToLive::Off {
            let wire = self.db.wire();
            let call = |limit| wire.enable_time_to_live(&self.name, attribute, limit);
            let Err(refused) = asking.ask(call).await else {
                return Ok(());
            };
            // It cannot be turned on twice: another may have been quicker, or a copy of ours whose answer was lost.
            found = self.time_to_live(attribute, asking).await?;
            if found == TimeToLive::Off {
                return self.named(Err(refused));
            }
        }
        self.check_time_to_live(found, attribute)
    }

    fn check_time_to_live(&self, found: TimeToLive, wanted: &str) -> Result<()> {
        let how = match found {
            TimeToLive::On => return Ok(()),
            TimeToLive::Off => {
                format!("time to live is off, and items should expire by `{wanted}`")
            }
            TimeToLive::Differs(how) => how,
        };
        let advice = "Nothing was changed: UpdateTimeToLive changes it, and DynamoDB then deletes what has expired";
        Err(self.mismatch(&[how], advice))
    }

    async fn time_to_live(&self, wanted: &str, asking: &mut Asking) -> Result<TimeToLive> {
        let wire = self.db.wire();
        let answer = asking.ask(|limit| wire.describe_time_to_live(&self.name, limit));
        let found = self.named(answer.await)?;
        Ok(TimeToLive::of(&found, wanted))
    }
}
