//! `/containerLogs/<namespace>/<pod>/<container>`

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Frame;
use streaming::serve::{Body, BodyError};
use tokio::sync::{mpsc, oneshot, watch};

use super::containers::log_container;
use super::{ContainerPath, Server, query_values, text};
use crate::log_rotation::log_path;
use crate::logs::follow::send_log;
use crate::logs::line::{LogOptions, Stream};
use crate::runner::Query;
use crate::spec;

/// Pieces of a log that wait for a slow client.
const PIECES_MAX: usize = 16;

impl Server {
    pub(super) async fn logs(&self, path: &ContainerPath, query: &str) -> Response<Body> {
        let (options, is_previous) = match options(query) {
            Ok(parsed) => parsed,
            Err(refusal) => return text(refusal.0, refusal.1),
        };
        let Some(pod) = self.find(path).await else {
            return text(StatusCode::NOT_FOUND, format!("pod \"{}\" does not exist", path.pod));
        };
        if spec::any_container(&pod.pod, &path.container).is_none() {
            let message = format!("container \"{}\" not found in pod \"{}\"", path.container, path.pod);
            return text(StatusCode::NOT_FOUND, message);
        }
        let container_id = match log_container(&pod, &path.container, is_previous) {
            Ok(id) => id,
            Err(message) => return text(StatusCode::BAD_REQUEST, message),
        };
        let file = match log_path(&self.effects, &container_id).await {
            Ok(file) => file,
            Err(_) => {
                let message = format!("unable to retrieve container logs for corten://{container_id}");
                return text(StatusCode::BAD_REQUEST, message);
            }
        };
        if let Err(error) = std::fs::metadata(&file) {
            let message = format!("failed to open log file \"{}\": {error}", file.display());
            return text(StatusCode::BAD_REQUEST, message);
        }
        let is_over = match options.is_follow {
            true => self.follow(&pod.id.uid, &container_id).await,
            false => watch::channel(true).1,
        };
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        tokio::spawn(async move {
            if let Err(error) = send_log(file.clone(), options, is_over, sender).await {
                tracing::warn!(path = %file.display(), %error, "send log");
            }
        });
        let response = Response::builder().status(StatusCode::OK).header(header::CONTENT_TYPE, "text/plain");
        response.body(Pieces(pieces).boxed_unsync()).expect("status and a fixed header make a response")
    }

    async fn follow(&self, uid: &str, container_id: &str) -> watch::Receiver<bool> {
        let (answer, found) = oneshot::channel();
        let query = Query::Follow { uid: uid.to_owned(), container_id: container_id.to_owned(), answer };
        self.ask(query, found).await.unwrap_or_else(|| watch::channel(true).1)
    }
}

/// Reads the options; the error is upstream's answer.
fn options(query: &str) -> Result<(LogOptions, bool), (StatusCode, &'static str)> {
    const UNDECODABLE: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "{\"message\": \"Unable to decode query.\"}");
    const INVALID: (StatusCode, &str) = (StatusCode::UNPROCESSABLE_ENTITY, "{\"message\": \"Invalid request.\"}");
    let value = |name: &str| query_values(query, name).into_iter().next().filter(|text| !text.is_empty());
    let number = |name: &str| value(name).map(|text| text.parse::<i64>().map_err(|_| UNDECODABLE)).transpose();
    // As Go's query decoder: anything but 0 and false is true.
    let is_set = |name: &str| {
        let all = query_values(query, name);
        all.first().is_some_and(|text| !matches!(text.to_lowercase().as_str(), "false" | "0"))
    };
    let tail = match value("tail") {
        Some(text) if text == "all" => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| UNDECODABLE)?),
        None => number("tailLines")?,
    };
    let limit = number("limitBytes")?;
    let since_seconds = number("sinceSeconds")?;
    let since_time =
        value("sinceTime").map(|text| text.parse::<jiff::Timestamp>().map_err(|_| UNDECODABLE)).transpose()?;
    let is_invalid = tail.is_some_and(|lines| lines < 0)
        || limit.is_some_and(|bytes| bytes < 1)
        || since_seconds.is_some_and(|seconds| seconds < 1)
        || (since_seconds.is_some() && since_time.is_some());
    if is_invalid {
        return Err(INVALID);
    }
    let since_seconds = since_seconds.and_then(|seconds| {
        let now = jiff::Timestamp::now();
        jiff::Timestamp::new(now.as_second().checked_sub(seconds)?, now.subsec_nanosecond()).ok()
    });
    let stream = match value("stream").as_deref() {
        None | Some("All") => None,
        Some("Stdout") => Some(Stream::Stdout),
        Some("Stderr") => Some(Stream::Stderr),
        Some(_) => return Err(INVALID),
    };
    let options = LogOptions {
        is_follow: is_set("follow"),
        tail_lines: tail.and_then(|lines| u64::try_from(lines).ok()),
        limit_bytes: limit.and_then(|bytes| u64::try_from(bytes).ok()),
        since: since_time.or(since_seconds),
        has_timestamps: is_set("timestamps"),
        stream,
    };
    Ok((options, is_set("previous")))
}

/// A body of pieces as they come.
struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_options_are_read_as_upstream_reads_them() {
        let (read, is_previous) =
            options("follow=true&tailLines=5&limitBytes=10&timestamps=true&previous=false").expect("good");
        assert_eq!((read.is_follow, read.tail_lines, read.limit_bytes), (true, Some(5), Some(10)));
        assert!(read.has_timestamps && !is_previous);
        assert_eq!(options("tailLines=x").expect_err("no number").0, StatusCode::BAD_REQUEST);
        assert_eq!(options("tailLines=-1").expect_err("negative").0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(options("tail=all").expect("good").0.tail_lines, None);
    }
}
