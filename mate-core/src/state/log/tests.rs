//! The contents of a log, and the detection of changes to it.

use proptest::prelude::*;

use super::*;

fn key(tenant: &str) -> TenantKey {
    TenantKey::new("dev".parse().unwrap(), tenant.parse().unwrap())
}

fn draft(at: i64) -> LogDraft {
    let intent = Intent { actor: "alice".into(), verb: Some(TenantVerb::Update), reason: Some("ticket 4711".into()) };
    let what = if at % 2 == 0 { LogEvent::Begun } else { LogEvent::Ended(RunResult::Succeeded) };
    LogDraft { at, intent, plan: Some("p".into()), run: Some("r".into()), fence: 1, what, detail: BTreeMap::new() }
}

fn log(length: usize) -> Vec<LogEntry> {
    let mut entries: Vec<LogEntry> = Vec::new();
    for at in 0..length {
        let next = LogEntry::after(entries.last(), &key("clinic"), draft(at.try_into().unwrap()));
        entries.push(next);
    }
    entries
}

fn fault(entries: &[LogEntry]) -> Option<(u64, LogFault)> {
    verify(&key("clinic"), entries).err().map(|broken| (broken.seq, broken.why))
}

#[test]
fn each_lease_that_was_taken_away_is_told_once_by_the_next_run() {
    let taken = |fence: u64| Unlocked { fence, owner: "a".into(), by: "ops".into(), reason: "gone".into(), at: 7 };
    let unlocked = [taken(1), taken(3), taken(4)];
    let untold = |tail: &LogTail, fence| tail.untold(&unlocked, fence).map(|one| one.fence).collect::<Vec<_>>();
    let mut tail = LogTail::default();
    assert_eq!(untold(&tail, 2), [1], "before there was an entry too");
    tail.add(&key("clinic"), LogDraft { fence: 3, ..draft(1) });
    assert_eq!(untold(&tail, 5), [3, 4], "the one of the run that wrote it, and one that wrote nothing");
    tail.add(&key("clinic"), LogDraft { fence: 5, ..draft(2) });
    assert!(untold(&tail, 6).is_empty());
}

#[test]
fn the_last_entry_of_a_run_stays_under_what_is_told_behind_it() {
    let mut tail = LogTail::default();
    for at in 0..2 {
        tail.add(&key("clinic"), draft(at));
    }
    let unlocked = LogEvent::Unlocked { owner: "a".into(), lease: 1 };
    tail.add(&key("clinic"), LogDraft { what: unlocked, ..draft(2) });
    tail.prune();
    let kept: Vec<u64> = tail.entries().iter().map(|entry| entry.seq).collect();
    assert_eq!((kept.as_slice(), tail.last_of_a_run().map(|entry| entry.seq)), (&[2, 3][..], Some(2)));
    assert_eq!(tail.seq(), 3);
}

#[test]
fn an_entry_of_before_the_token_has_the_hash_that_it_had() {
    let entry = LogEntry::after(None, &key("clinic"), LogDraft { fence: 0, ..draft(1) });
    let text = serde_json::to_string(&entry).unwrap();
    assert!(!text.contains("fence"), "{text}");
    let read: LogEntry = serde_json::from_str(&text).unwrap();
    assert_eq!((read.digest(), read.fence), (entry.hash, 0));
}

#[test]
fn an_entry_in_the_word_of_an_earlier_version_is_whole() {
    let of = |verb| LogDraft { intent: Intent { verb: Some(verb), ..draft(1).intent }, ..draft(1) };
    let mut entry = LogEntry::after(None, &key("clinic"), of(TenantVerb::Disown));
    entry.hash = entry.digest_with("release");
    let text = serde_json::to_string(&entry).unwrap().replace("\"disown\"", "\"release\"");
    let read: LogEntry = serde_json::from_str(&text).unwrap();
    assert_eq!(read, entry);
    assert!(verify(&key("clinic"), &[read]).is_ok());
    let mut other = LogEntry::after(None, &key("clinic"), of(TenantVerb::Destroy));
    other.hash = other.digest_with("release");
    assert!(verify(&key("clinic"), &[other]).is_err());
}

#[test]
fn an_empty_log_and_a_whole_one_are_verified() {
    assert_eq!(verify(&key("clinic"), &[]), Ok(Verified { entries: 0, head: GENESIS.into() }));
    let entries = log(5);
    assert_eq!(verify(&key("clinic"), &entries), Ok(Verified { entries: 5, head: entries[4].hash.clone() }));
}

#[test]
fn what_was_cut_off_in_the_store_is_seen_by_the_record() {
    let entries = log(5);
    let tail = LogTail { entries: entries[3..].to_vec() };
    assert_eq!(verify_with(&key("clinic"), &entries, &tail).unwrap().entries, 5);
    assert_eq!(verify_with(&key("clinic"), &entries[..3], &tail).unwrap().entries, 5, "it is not in the store yet");
    let broken = verify_with(&key("clinic"), &entries[..2], &tail).unwrap_err();
    assert_eq!((broken.seq, broken.why), (3, LogFault::Missing));
    let mut other = entries[..4].to_vec();
    other[3].actor = "mallory".into();
    other[3].hash = other[3].digest();
    let broken = verify_with(&key("clinic"), &other, &tail).unwrap_err();
    assert_eq!((broken.seq, broken.why), (4, LogFault::Other));
}

#[test]
fn a_log_of_another_tenant_is_not_taken_for_this_ones() {
    let broken = verify(&key("ward"), &log(2)).unwrap_err();
    assert_eq!(broken.to_string(), "the log of dev/ward is broken at entry 1: it is of another tenant");
}

#[test]
fn an_entry_that_was_changed_and_hashed_anew_is_seen_at_the_next() {
    let mut entries = log(3);
    entries[1].actor = "mallory".into();
    entries[1].hash = entries[1].digest();
    assert_eq!(fault(&entries), Some((3, LogFault::Unlinked)));
}

#[test]
fn what_the_store_holds_is_forgotten_but_for_the_head() {
    let mut tail = LogTail::default();
    for at in 0..4 {
        tail.add(&key("clinic"), draft(at));
    }
    let last = tail.last().cloned();
    tail.prune();
    assert_eq!((tail.entries().len(), tail.seq()), (1, 4));
    tail.add(&key("clinic"), draft(9));
    assert_eq!(
        (tail.entries()[0].clone(), tail.entries()[1].prev.clone()),
        (last.clone().unwrap(), last.unwrap().hash)
    );
}

proptest! {
    #[test]
    fn an_entry_that_was_changed_is_found(length in 1_usize..8, at in 0_usize..8, field in 0_usize..9) {
        let mut entries = log(length);
        let at = at % length;
        let entry = &mut entries[at];
        match field {
            0 => entry.at += 1,
            1 => entry.actor.push('x'),
            2 => entry.verb = TenantVerb::Scale,
            3 => entry.reason = None,
            4 => entry.plan = Some("another".into()),
            5 => entry.run = None,
            6 => entry.what = LogEvent::Ended(RunResult::Cancelled),
            7 => drop(entry.detail.insert("tier".into(), "trial".into())),
            _ => entry.prev = "f".repeat(64),
        }
        prop_assert_eq!(fault(&entries), Some((at as u64 + 1, LogFault::Changed)));
    }

    #[test]
    fn an_entry_that_is_missing_is_found(length in 2_usize..8, at in 0_usize..8) {
        let mut entries = log(length);
        // The last one's absence shows against the head alone.
        let at = at % (length - 1);
        entries.remove(at);
        prop_assert_eq!(fault(&entries), Some((at as u64 + 1, LogFault::Missing)));
    }

    #[test]
    fn entries_that_were_swapped_are_found(length in 2_usize..8, a in 0_usize..8, b in 0_usize..8) {
        let (a, b) = (a % length, b % length);
        prop_assume!(a != b);
        let mut entries = log(length);
        entries.swap(a, b);
        prop_assert_eq!(fault(&entries), Some((a.min(b) as u64 + 1, LogFault::Missing)));
    }

    #[test]
    fn what_was_cut_off_shows_in_the_head(length in 1_usize..8, cut in 0_usize..8) {
        let entries = log(length);
        let rest = verify(&key("clinic"), &entries[..cut % length]).unwrap();
        prop_assert_ne!(rest.head, verify(&key("clinic"), &entries).unwrap().head);
    }

    #[test]
    fn an_entry_is_read_as_it_was_written(text in ".*", at in any::<i64>()) {
        let mut draft = draft(0);
        draft.at = at;
        draft.intent.reason = Some(text.clone());
        draft.what = LogEvent::Ended(RunResult::Failed { reason: text });
        let entry = LogEntry::after(None, &key("clinic"), draft);
        let read: LogEntry = serde_json::from_str(&serde_json::to_string(&entry).unwrap()).unwrap();
        prop_assert_eq!(fault(std::slice::from_ref(&read)), None);
        prop_assert_eq!(read, entry);
    }
}
