//! A thread inside a network namespace that runs asynchronous work for blocking tests.

use std::fs::File;
use std::future::Future;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::mpsc as blocking;
use std::time::Duration;

use anyhow::Context;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::mpsc;

/// Jobs that wait for the thread.
const JOBS_MAX: usize = 256;

/// Longest that a test waits for one job; jobs have shorter limits of their own.
const JOB_PATIENCE: Duration = Duration::from_secs(600);

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread; it ends when this is dropped.
pub struct NetworkThread {
    jobs: mpsc::Sender<Job>,
}

impl NetworkThread {
    /// Starts it in `namespace`, or where the caller is.
    ///
    /// # Errors
    /// No right to enter the namespace.
    pub fn start(namespace: Option<File>) -> anyhow::Result<Self> {
        let (jobs, mut queue) = mpsc::channel::<Job>(JOBS_MAX);
        let (started, has_started) = blocking::channel();
        let body = move || {
            let runtime = enter(namespace.as_ref());
            let runtime = match runtime {
                Ok(runtime) => {
                    let _ = started.send(Ok(()));
                    runtime
                }
                Err(error) => {
                    let _ = started.send(Err(error));
                    return;
                }
            };
            runtime.block_on(async move {
                while let Some(job) = queue.recv().await {
                    tokio::spawn(job);
                }
            });
        };
        std::thread::Builder::new().name("inside".into()).spawn(body)?;
        has_started.recv().context("the thread ended")??;
        Ok(NetworkThread { jobs })
    }

    /// Runs `work` on the thread and waits for its outcome.
    ///
    /// # Panics
    /// When the work panics or takes longer than [`JOB_PATIENCE`].
    pub fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (done, outcome) = blocking::channel();
        let job = async move {
            let _ = done.send(work.await);
        };
        self.jobs.blocking_send(Box::pin(job)).expect("the thread lives as long as this");
        outcome.recv_timeout(JOB_PATIENCE).expect("the work ends in time and without panic")
    }

    /// Starts `work` on the thread and goes on.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.jobs.blocking_send(Box::pin(work)).expect("the thread lives as long as this");
    }
}

fn enter(namespace: Option<&File>) -> anyhow::Result<tokio::runtime::Runtime> {
    if let Some(namespace) = namespace {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).context("enter the network")?;
    }
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_on_the_thread_and_its_outcome_comes_back() {
        let thread = NetworkThread::start(None).expect("needs no namespace");
        let name = thread.run(async { std::thread::current().name().map(str::to_owned) });
        assert_eq!(name.as_deref(), Some("inside"));
    }
}
