//! Prometheus's older text format (0.0.4), made of the OpenMetrics text. They differ in few things:
//! the older one describes a counter under the name of its samples, and knows neither units, nor an
//! end, nor figures that only say what something is.

use std::collections::HashMap;

/// OpenMetrics text as text of the older format.
pub(super) fn older(openmetrics: &str) -> String {
    let declared = openmetrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let kinds: HashMap<&str, &str> = declared.filter_map(|line| line.split_once(' ')).collect();
    let mut text = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines() {
        if line.starts_with("# UNIT ") || line == "# EOF" {
            continue;
        }
        let described = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE "));
        let described = described.and_then(|rest| rest.split_once(' '));
        match described.and_then(|(name, rest)| Some((name, *kinds.get(name)?, rest))) {
            Some((name, kind, rest)) => describe(&mut text, &line[..7], name, kind, rest),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// A line of help or type.
fn describe(text: &mut String, keyword: &str, name: &str, kind: &str, rest: &str) {
    let (suffix, kind_there) = match kind {
        "counter" => ("_total", "counter"),
        "info" => ("_info", "gauge"),
        "unknown" => ("", "untyped"),
        other => ("", other),
    };
    let rest = if keyword == "# TYPE " {
        kind_there
    } else {
        rest
    };
    for part in [keyword, name, suffix, " ", rest] {
        text.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_described_by_the_name_of_its_samples() {
        let openmetrics = "# HELP a Things.\n# TYPE a counter\na_total 5\n\
            # HELP b_seconds Long # TYPE a.\n# TYPE b_seconds gauge\n# UNIT b_seconds seconds\n\
            b_seconds 1.5\n# HELP c What.\n# TYPE c info\nc_info{v=\"# EOF\"} 1\n# EOF\n";
        let older_text = "# HELP a_total Things.\n# TYPE a_total counter\na_total 5\n\
            # HELP b_seconds Long # TYPE a.\n# TYPE b_seconds gauge\n\
            b_seconds 1.5\n# HELP c_info What.\n# TYPE c_info gauge\nc_info{v=\"# EOF\"} 1\n";
        assert_eq!(older(openmetrics), older_text);
    }
}
