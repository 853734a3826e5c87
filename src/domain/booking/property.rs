//! What holds for every history, with a processor that declines, challenges, cannot be reached, answers late and twice.
