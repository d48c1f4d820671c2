//! Takes the connections through the phases of a run, and reports it.

use std::io;

use serde_json::{Value, json};

use crate::args::Mode;
use crate::clock::{now, own_cpu, seconds};
use crate::counts::{Counts, Phase, Run};
use crate::generator::Generator;
use crate::histogram::Histogram;
use crate::plan::Plan;
use crate::process::{Usage, slab_kib, stolen};

/// Nothing is waited for longer at the end.
const LONGEST_DRAIN: f64 = 60.0;

/// One reading of everything that is reported as a difference.
struct Reading {
    at: u64,
    counts: Counts,
    usage: Usage,
    own_cpu: u64,
    stolen: u64,
}

pub(crate) fn measure(plan: &Plan) -> Result<Value, String> {
    let mut generator = Generator::new(plan).map_err(|error| error.to_string())?;
    let mut report = connect(&mut generator)?;
    let more = match plan.args.mode {
        Mode::Connect => Ok(json!({})),
        Mode::Idle => hold(&mut generator, &report),
        Mode::Fanout | Mode::Sends => talk(&mut generator),
    };
    let more = more.map_err(|error| error.to_string())?;
    if let (Value::Object(report), Value::Object(more)) = (&mut report, more) {
        report.extend(more);
    }
    Ok(report)
}

/// Opens all sockets, and waits until they are ready.
fn connect(generator: &mut Generator<'_>) -> Result<Value, String> {
    let args = &generator.run.plan.args;
    let all = generator.run.plan.connections() as u64;
    let (rss, slab, before) = (generator.server.rss_kib(), slab_kib(), read(generator));
    let is_over = |run: &Run<'_>| run.counts.ready + run.counts.failed == all;
    let end = before.at + seconds(args.connect_timeout);
    generator.until(end, is_over).map_err(|error| error.to_string())?;
    let after = read(generator);
    let (took, counts) = ((after.at - before.at) as f64 / 1e9, generator.run.counts);
    if counts.ready < all {
        return Err(format!("{} of {all} sockets were ready after {took:.1} s", counts.ready));
    }
    let settled = now() + seconds(args.settle);
    generator.until(settled, |_| false).map_err(|error| error.to_string())?;
    let rss_then = generator.server.rss_kib();
    let mut report = json!({
        "connections": all,
        "connects_per_s": rounded(all as f64 / took),
        "ready_us": times(&generator.run.readying),
        "server_cpu_us_per_connect": rounded((after.usage.cpu - before.usage.cpu) as f64 / 1e3 / all as f64),
        "generator_cpu_percent_connecting": rounded((after.own_cpu - before.own_cpu) as f64 / took / 1e7),
        "rss_before_kib": rss,
        "rss_connected_kib": rss_then,
        "rss_per_connection_bytes": each(rss, rss_then, all),
        "slab_per_connection_bytes_both_ends": each(slab, slab_kib(), all),
    });
    if args.done.is_some() {
        report["up_to_date_us"] = times(&generator.run.updating);
        report["counted"] = counts.counted.into();
    }
    Ok(report)
}

/// Holds idle sockets.
fn hold(generator: &mut Generator<'_>, connected: &Value) -> io::Result<Value> {
    let args = &generator.run.plan.args;
    let all = generator.run.plan.connections() as u64;
    let from = read(generator);
    generator.until(from.at + seconds(args.duration), |_| false)?;
    let to = read(generator);
    let before = connected["rss_before_kib"].as_u64().unwrap_or(0);
    Ok(json!({
        "rss_held_per_connection_bytes": each(before, generator.server.rss_kib(), all),
        "idle_server_cpu_percent": rounded((to.usage.cpu - from.usage.cpu) as f64 / (to.at - from.at) as f64 * 100.0),
        "closed": generator.run.counts.closed,
    }))
}

/// Has the publishers publish, and waits for everything that they have sent.
fn talk(generator: &mut Generator<'_>) -> io::Result<Value> {
    let args = &generator.run.plan.args;
    generator.begin();
    generator.until(now() + seconds(args.warmup), |_| false)?;
    generator.run.phase = Phase::Measuring;
    let from = read(generator);
    generator.until(from.at + seconds(args.duration), |_| false)?;
    let to = read(generator);
    generator.run.phase = Phase::Draining;
    drain(generator)?;
    let drained = (now() - to.at) as f64 / 1e9;
    let mut report = rates(&from, &to);
    let run = &generator.run;
    let missing: Vec<u64> = generator.connections.iter().map(|it| it.missing(run)).collect();
    let whole = json!({
        "delivery_us": times(&run.delivery),
        "ack_us": times(&run.ack),
        "missing": missing.iter().sum::<u64>(),
        "readers_missing_some": missing.iter().filter(|missing| **missing > 0).count(),
        "twice": run.counts.twice,
        "out_of_order": run.counts.out_of_order,
        "foreign": run.counts.foreign,
        "refused": run.counts.refused,
        "closed": run.counts.closed,
        "total_sent": run.counts.sent,
        "total_acked": run.counts.acked,
        "total_delivered": run.counts.delivered,
        "drain_s": rounded(drained),
        "rss_after_kib": generator.server.rss_kib(),
        "rss_peak_kib": generator.server.peak_kib,
    });
    if let (Value::Object(report), Value::Object(whole)) = (&mut report, whole) {
        report.extend(whole);
    }
    Ok(report)
}

/// Waits until everything has come, or nothing does any more.
fn drain(generator: &mut Generator<'_>) -> io::Result<()> {
    let plan = generator.run.plan;
    let readers = plan.readers() - usize::from(plan.args.no_echo);
    let is_over = |run: &Run<'_>| run.counts.delivered >= run.counts.sent * readers as u64;
    let end = now() + seconds(LONGEST_DRAIN);
    loop {
        let before = generator.run.counts.delivered;
        generator.until((now() + seconds(plan.args.drain)).min(end), is_over)?;
        let is_silent = generator.run.counts.delivered == before;
        if is_over(&generator.run) || is_silent || now() >= end {
            break;
        }
    }
    // What comes twice may come now.
    generator.until(now() + seconds(0.1), |_| false)
}

fn read(generator: &mut Generator<'_>) -> Reading {
    Reading {
        usage: generator.server.usage(),
        counts: generator.run.counts,
        own_cpu: own_cpu(),
        stolen: stolen(),
        at: now(),
    }
}

fn rates(from: &Reading, to: &Reading) -> Value {
    let took = (to.at - from.at) as f64 / 1e9;
    let count = |count: fn(&Counts) -> u64| (count(&to.counts) - count(&from.counts)) as f64;
    let (sent, acked) = (count(|it| it.sent), count(|it| it.acked));
    let delivered = count(|it| it.delivered);
    let cpu = (to.usage.cpu - from.usage.cpu) as f64 / 1e3;
    let own = (to.own_cpu - from.own_cpu) as f64 / 1e3;
    let ticks = (to.usage.ticks.0 - from.usage.ticks.0, to.usage.ticks.1 - from.usage.ticks.1);
    json!({
        "seconds": rounded(took),
        "sent_per_s": rounded(sent / took),
        "acked_per_s": rounded(acked / took),
        "deliveries_per_s": rounded(delivered / took),
        "received_mb_per_s": rounded(count(|it| it.bytes) / took / 1e6),
        "deliveries_per_read": rounded(delivered / count(|it| it.reads)),
        "server_cpu_percent": rounded(cpu / took / 1e4),
        "server_cpu_us_per_delivery": rounded(cpu / delivered),
        "server_cpu_us_per_message": rounded(cpu / acked),
        "server_cpu_system_share": rounded(ticks.1 as f64 / (ticks.0 + ticks.1) as f64),
        "server_sleeps_per_message": rounded((to.usage.sleeps - from.usage.sleeps) as f64 / acked),
        "generator_cpu_percent": rounded(own / took / 1e4),
        "generator_cpu_us_per_delivery": rounded(own / delivered),
        "stolen_cpu_percent": rounded((to.stolen - from.stolen) as f64 / took),
    })
}

/// Percentiles in microseconds.
fn times(histogram: &Histogram) -> Value {
    if histogram.total() == 0 {
        return Value::Null;
    }
    let at = |percent| rounded(histogram.percentile(percent) as f64 / 1e3);
    json!({
        "count": histogram.total(), "p50": at(50.0), "p90": at(90.0), "p99": at(99.0), "p99.9": at(99.9), "max": at(100.0),
    })
}

/// Bytes a connection, of memory in KiB before and after.
fn each(before: u64, after: u64, connections: u64) -> i64 {
    let grown = (after as i64 - before as i64) * 1024;
    grown / connections.max(1) as i64
}

/// Three places; nothing for what is no number.
fn rounded(value: f64) -> Value {
    if value.is_finite() {
        ((value * 1000.0).round() / 1000.0).into()
    } else {
        Value::Null
    }
}
