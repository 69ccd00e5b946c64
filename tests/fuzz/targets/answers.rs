//! Any answer of Gitea's at all, in any shape that is asked for: no panic, the same however it is cut
//! into chunks and whichever of two equal keys is believed. The first two bytes choose.

#![no_main]

use libfuzzer_sys::fuzz_target;
use refire::gitea::answers;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let Some((&[shape, chunk], bytes)) = input.split_first_chunk() else {
        return;
    };
    let shape = usize::from(shape) % (answers::shapes() + 1);
    if shape == answers::shapes() {
        return refused(u16::from(chunk) + 400, bytes);
    }
    let whole = answers::read(shape, bytes, bytes.len());
    assert_eq!(
        answers::read(shape, bytes, chunk.into()),
        whole,
        "in chunks"
    );
    if let (Some(read), Ok(last)) = (whole, serde_json::from_slice::<Value>(bytes)) {
        let again = last.to_string();
        let again = answers::read(shape, again.as_bytes(), again.len());
        assert_eq!(again, Some(read), "the last of equal keys");
    }
});

/// A refusal's message is short, and a 401's is never kept.
fn refused(status: u16, bytes: &[u8]) {
    let message = answers::refused(status, bytes.to_vec());
    let message = futures::executor::block_on(message);
    assert!(status != 401 || message.is_none());
    assert!(message.is_none_or(|message| message.chars().count() <= 200));
}
