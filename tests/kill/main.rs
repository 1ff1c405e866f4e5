//! Crash tests: the real process ends at random moments (`random`) and at every point before and after
//! everything it makes durable (`walk`), on both databases; it is started again without help. In the
//! end every law holds and the mirror is exact.

mod crash_world;
mod random;
mod sftp;
mod walk;
