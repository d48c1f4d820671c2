//! A histogram of times, in nanoseconds, whose buckets are less than 1 % wide.

/// Each power of two has so many buckets.
const STEPS: u64 = 128;

#[derive(Clone, Default)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

/// The bucket of a value: its own below `STEPS`, then by its highest eight bits.
fn bucket(value: u64) -> usize {
    let shift = (64 - value.leading_zeros()).saturating_sub(STEPS.ilog2() + 1);
    (u64::from(shift) * STEPS + (value >> shift)) as usize
}

/// The largest value of a bucket.
fn upper(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / STEPS).saturating_sub(1);
    let low = (bucket - shift * STEPS) << shift;
    low + ((1 << shift) - 1)
}

impl Histogram {
    pub(crate) fn record(&mut self, value: u64) {
        let bucket = bucket(value);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
        self.max = self.max.max(value);
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// A value that so many percent are not above; 0 if there is none.
    pub(crate) fn percentile(&self, percent: f64) -> u64 {
        let rank = ((self.total as f64 * percent / 100.0).ceil() as u64).max(1);
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= rank {
                return upper(bucket).min(self.max);
            }
        }
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_a_bucket_that_is_less_than_one_percent_wide() {
        let powers =
            (0..64).flat_map(|bit| [1 << bit, (1_u64 << bit) - 1, (1 << bit) + (1 << bit) / 3]);
        for value in powers.chain([0, u64::MAX]) {
            let upper = upper(bucket(value));
            assert!(upper >= value && upper - value <= value / STEPS, "{value}: {upper}");
        }
    }

    #[test]
    fn buckets_follow_each_other_without_a_hole() {
        let mut last = 0;
        for value in 0..100_000 {
            let bucket = bucket(value);
            assert!(bucket == last || bucket == last + 1, "{value}");
            last = bucket;
        }
    }

    #[test]
    fn percentiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50.0), 0);
        (1..=100).rev().for_each(|value| histogram.record(value));
        assert_eq!(histogram.percentile(50.0), 50);
        assert_eq!(histogram.percentile(99.0), 99);
        assert_eq!(histogram.percentile(100.0), 100);
        histogram.record(10_000_000);
        assert_eq!(histogram.percentile(100.0), 10_000_000);
        assert_eq!(histogram.total(), 101);
    }
}
