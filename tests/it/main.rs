//! The integration tests, in one program: the service as it is run, through its doors.

#[cfg(test)]
mod agents;
#[cfg(test)]
mod alerts;
#[cfg(test)]
#[expect(clippy::string_slice, reason = "tokens are ASCII")]
mod api;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bookings;
#[cfg(test)]
mod bulkhead;
#[cfg(test)]
#[expect(clippy::string_slice, reason = "case numbers are digits")]
mod cases;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod digest;
#[cfg(test)]
mod dumped;
#[cfg(test)]
mod failover;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod kannel;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod killed_sending;
#[cfg(test)]
mod large;
#[cfg(test)]
mod listener;
#[cfg(test)]
mod mail_and_webhooks;
#[cfg(test)]
mod menu_faults;
#[cfg(test)]
mod menu_tools;
#[cfg(test)]
mod menus_page;
#[cfg(test)]
mod million;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod own_data;
#[cfg(test)]
mod portable;
#[cfg(test)]
mod provider_hooks;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod recent;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod smpp;
#[cfg(test)]
mod smpp_channel;
#[cfg(test)]
mod smsc;
#[cfg(test)]
mod smtp_sink;
#[cfg(test)]
mod sprayed;
#[cfg(test)]
mod start;
#[cfg(test)]
mod support;
#[cfg(test)]
#[expect(clippy::string_slice, reason = "a rule that cuts inside a character should fail loudly")]
mod tidy;
#[cfg(test)]
mod transcripts;
#[cfg(test)]
mod upgrades;
