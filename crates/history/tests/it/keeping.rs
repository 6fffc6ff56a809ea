//! What is kept, for how long, and what happens at the bounds.

use std::time::Duration;

use history::{Points, Query, Tier};

use crate::sample::{
    self, DAY, HIDDEN, HOUR, MEMORY, SECOND, START, fleet, measure, observation, options, record,
};

fn values(history: &history::History, from: i64, to: i64) -> Vec<f64> {
    let result = history
        .query(&Query::between(from, to).metric(MEMORY.name))
        .unwrap();
    result
        .series
        .iter()
        .flat_map(|series| match &series.points {
            Points::Samples(samples) => samples
                .iter()
                .map(|sample| sample.value)
                .collect::<Vec<_>>(),
            Points::Buckets(buckets) => buckets.iter().map(|bucket| bucket.last).collect(),
        })
        .collect()
}

#[test]
fn only_kept_metrics_and_each_series_once_a_tick() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let twice = vec![
        measure(&MEMORY, "a", 1.0),
        measure(&HIDDEN, "a", 5.0),
        measure(&MEMORY, "a", 2.0),
    ];
    record(&history, [observation(START, twice)]);
    assert_eq!(values(&history, START, START), [1.0]);
    assert_eq!(history.series(None, &[]).unwrap().len(), 1);
    let stats = history.stats().unwrap();
    assert_eq!((stats.samples, stats.dropped, stats.series), (1, 1, 1));
    assert_eq!(stats.newest, Some(sample::timestamp(START)));
}

#[test]
fn a_clock_set_back_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let forward = (0..400).map(|tick| (tick, f64::from(i32::try_from(tick).unwrap())));
    let ticks = forward.map(|(tick, value)| {
        // Half-way, the clock goes back by an hour.
        let back = if tick >= 200 { HOUR } else { 0 };
        observation(
            START + tick * 5 * SECOND - back,
            vec![measure(&MEMORY, "a", value)],
        )
    });
    record(&history, ticks);
    for _ in 0..2 {
        let found = values(&history, START - DAY, START + DAY);
        assert_eq!(found.len(), 400);
        assert_eq!(
            [found[0].to_bits(), found[399].to_bits()],
            [200.0_f64, 199.0].map(f64::to_bits)
        );
        let question = Query::between(START - DAY, START + DAY).step(Duration::from_mins(5));
        let result = history.query(&question).unwrap();
        let Points::Buckets(buckets) = &result.series[0].points else {
            panic!("samples");
        };
        assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u32>(), 400);
        assert!(buckets.is_sorted_by_key(|bucket| bucket.at));
        history.compact().unwrap();
    }
}

#[test]
fn a_clock_set_far_ahead_removes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    record(&history, fleet(2, 300, 5));
    history.compact().unwrap();
    let ahead = (0..130).map(|tick| {
        let mut later = (*observation(
            START + 2_000 * DAY + tick * 5 * SECOND,
            vec![measure(&MEMORY, "a", 1.0)],
        ))
        .clone();
        later.moment.boot_ns = DAY.unsigned_abs() * 1_000_000
            + 1_500_000_000_000
            + tick.unsigned_abs() * 5_000_000_000;
        std::sync::Arc::new(later)
    });
    record(&history, ahead);
    assert_eq!(values(&history, START, START + DAY).len(), 600);
}

#[test]
fn what_has_reached_its_age_goes_tier_by_tier() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.raw = Duration::from_hours(2);
    options.five_minutes = Duration::from_hours(24 * 2);
    let history = sample::open_with(options);
    // One tick each two minutes for thirty days.
    let ticks = (0..30 * 720).map(|tick| {
        observation(
            START + tick * 120 * SECOND,
            vec![measure(&MEMORY, "a", 7.0)],
        )
    });
    record(&history, ticks);
    let stats = history.stats().unwrap();
    let end = START + 30 * DAY;
    let oldest = |tier: Tier| stats.tiers[&tier].oldest.unwrap().as_millisecond();
    assert!(oldest(Tier::Raw) > end - 2 * DAY && oldest(Tier::Raw) <= end - 2 * HOUR);
    assert!(
        oldest(Tier::FiveMinutes) > end - 12 * DAY && oldest(Tier::FiveMinutes) <= end - 2 * DAY
    );
    assert_eq!(oldest(Tier::Hours), START);
    assert!(stats.tiers[&Tier::Raw].blocks < 40, "{stats:?}");
    assert!(stats.tiers[&Tier::Hours].blocks < 40, "{stats:?}");

    // Without a step, the finest tier that reaches back answers.
    let tier = |from: i64| history.query(&Query::between(from, end)).unwrap().series[0].tier;
    assert_eq!(tier(end - HOUR), Tier::Raw);
    assert_eq!(tier(end - 2 * DAY), Tier::FiveMinutes);
    assert_eq!(tier(START), Tier::Hours);
    let all = history
        .query(&Query::between(START, end).step(Duration::from_hours(1)))
        .unwrap();
    let Points::Buckets(buckets) = &all.series[0].points else {
        panic!("samples");
    };
    assert_eq!(buckets.len(), 720);
    assert!(buckets.iter().all(|bucket| bucket.count == 30));
}

#[test]
fn limits_cut_answers_short_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    record(&history, fleet(4, 50, 1));
    let whole = Query::between(START, START + HOUR);
    let result = history.query(&whole).unwrap();
    assert_eq!((result.series.len(), result.truncated), (8, false));
    let few = history
        .query(&Query {
            max_series: 3,
            ..whole.clone()
        })
        .unwrap();
    assert_eq!((few.series.len(), few.truncated), (3, true));
    let short = history
        .query(&Query {
            max_points: 70,
            ..whole
        })
        .unwrap();
    let lengths: Vec<usize> = short
        .series
        .iter()
        .map(|series| series.points.len())
        .collect();
    assert_eq!((lengths, short.truncated), (vec![50, 20], true));
    assert_eq!(short.series[1].points, first(&result.series[1].points, 20));
}

fn first(points: &Points, count: usize) -> Points {
    match points {
        Points::Samples(samples) => Points::Samples(samples[..count].to_vec()),
        Points::Buckets(buckets) => Points::Buckets(buckets[..count].to_vec()),
    }
}

#[test]
fn too_many_series_are_dropped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.max_series = 5;
    let history = sample::open_with(options);
    record(&history, fleet(4, 10, 1));
    let stats = history.stats().unwrap();
    assert_eq!((stats.series, stats.samples, stats.dropped), (5, 50, 30));
}

#[test]
fn readers_and_the_writer_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let reader = history.clone();
    let reading = std::thread::spawn(move || {
        let mut most = 0;
        while most < 4_000 {
            let found = values(&reader, START, START + DAY).len();
            assert!(found >= most, "{found} after {most}");
            most = found;
        }
    });
    record(&history, fleet(1, 4_000, 9));
    reading.join().unwrap();
}
