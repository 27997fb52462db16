//! CRI v1: traits over the generated messages, a client that implements them over any CRI socket, and a
//! server that serves any implementation on one.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{Channel, Endpoint, Server, Uri};
use tonic::{Request, Response, Status};

/// Generated messages and gRPC shells (`cargo run -p corten-cri-codegen`).
#[allow(missing_docs, clippy::all, rustdoc::all)]
#[rustfmt::skip]
pub mod v1;

use v1::image_service_client::ImageServiceClient;
use v1::image_service_server::{ImageService as ImageShell, ImageServiceServer};
use v1::runtime_service_client::RuntimeServiceClient;
use v1::runtime_service_server::{RuntimeService as RuntimeShell, RuntimeServiceServer};
use v1::*;

/// A gRPC message that a CRI peer may send, in bytes (upstream's 16 MiB).
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Container events that a subscriber may lag before it is cut off (it then lists again).
pub const EVENTS_LAG_MAX: usize = 1_024;

type EventStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Declares a narrow trait with its unary methods, the client's implementation and the server shell's.
macro_rules! cri_service {
    (
        $(#[$doc:meta])* $trait:ident, $shell:ident, $inner:ident,
        { $($method:ident($request:ident) -> $response:ident;)* }
        trait_extra { $($trait_extra:tt)* }
        client_extra { $($client_extra:tt)* }
        shell_extra { $($shell_extra:tt)* }
    ) => {
        $(#[$doc])*
        #[async_trait]
        pub trait $trait: Send + Sync + 'static {
            $(
                #[doc = concat!("CRI `", stringify!($method), "`.")]
                async fn $method(&self, request: $request) -> Result<$response, Status>;
            )*
            $($trait_extra)*
        }

        #[async_trait]
        impl $trait for CriClient {
            $(
                async fn $method(&self, request: $request) -> Result<$response, Status> {
                    Ok(self.$inner.clone().$method(Request::new(request)).await?.into_inner())
                }
            )*
            $($client_extra)*
        }

        #[async_trait]
        impl $shell for Shell<dyn $trait> {
            $(
                async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                    Ok(Response::new(self.0.$method(request.into_inner()).await?))
                }
            )*
            $($shell_extra)*
        }
    };
}

/// Refuses a streaming list, which clients fall back from (KEP-5825, alpha).
macro_rules! unimplemented_stream {
    ($method:ident, $stream:ident, $request:ident, $response:ident) => {
        type $stream = EventStream<$response>;
        fn $method<'a: 'b, 'b>(
            &'a self,
            _request: Request<$request>,
        ) -> Pin<Box<dyn Future<Output = Result<Response<Self::$stream>, Status>> + Send + 'b>>
        where
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented(concat!("method ", stringify!($method), " not implemented"))) })
        }
    };
}

struct Shell<T: ?Sized>(Arc<T>);

/// A CRI socket's client. Cheap to clone; reconnects by itself.
#[derive(Clone)]
pub struct CriClient {
    runtime: RuntimeServiceClient<Channel>,
    image: ImageServiceClient<Channel>,
}

impl CriClient {
    /// A client of the socket at `path`; connects with the first call.
    pub fn new(path: &Path) -> Self {
        let path = path.to_owned();
        let connector = tower_connector(path);
        let channel = Endpoint::from_static("http://localhost").connect_with_connector_lazy(connector);
        let runtime = RuntimeServiceClient::new(channel.clone());
        let image = ImageServiceClient::new(channel);
        CriClient {
            runtime: runtime.max_decoding_message_size(MESSAGE_BYTES_MAX).max_encoding_message_size(MESSAGE_BYTES_MAX),
            image: image.max_decoding_message_size(MESSAGE_BYTES_MAX).max_encoding_message_size(MESSAGE_BYTES_MAX),
        }
    }
}

fn tower_connector(
    path: std::path::PathBuf,
) -> impl tower_service::Service<
    Uri,
    Response = hyper_util::rt::TokioIo<tokio::net::UnixStream>,
    Error = std::io::Error,
    Future: Send,
> + Send
+ 'static {
    tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { tokio::net::UnixStream::connect(path).await.map(hyper_util::rt::TokioIo::new) }
    })
}

/// Serves both services on an already bound unix socket until `stop` completes.
pub async fn serve(
    listener: tokio::net::UnixListener,
    runtime: Arc<dyn RuntimeService>,
    image: Arc<dyn ImageService>,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let runtime = RuntimeServiceServer::new(Shell(runtime)).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let image = ImageServiceServer::new(Shell(image)).max_decoding_message_size(MESSAGE_BYTES_MAX);
    Server::builder()
        .add_service(runtime.max_encoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(image.max_encoding_message_size(MESSAGE_BYTES_MAX))
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), stop)
        .await
}

cri_service! {
    /// Sandboxes, containers and their streams.
    RuntimeService, RuntimeShell, runtime,
    {
        version(VersionRequest) -> VersionResponse;
        run_pod_sandbox(RunPodSandboxRequest) -> RunPodSandboxResponse;
        stop_pod_sandbox(StopPodSandboxRequest) -> StopPodSandboxResponse;
        remove_pod_sandbox(RemovePodSandboxRequest) -> RemovePodSandboxResponse;
        pod_sandbox_status(PodSandboxStatusRequest) -> PodSandboxStatusResponse;
        list_pod_sandbox(ListPodSandboxRequest) -> ListPodSandboxResponse;
        create_container(CreateContainerRequest) -> CreateContainerResponse;
        start_container(StartContainerRequest) -> StartContainerResponse;
        stop_container(StopContainerRequest) -> StopContainerResponse;
        remove_container(RemoveContainerRequest) -> RemoveContainerResponse;
        list_containers(ListContainersRequest) -> ListContainersResponse;
        container_status(ContainerStatusRequest) -> ContainerStatusResponse;
        update_container_resources(UpdateContainerResourcesRequest) -> UpdateContainerResourcesResponse;
        reopen_container_log(ReopenContainerLogRequest) -> ReopenContainerLogResponse;
        exec_sync(ExecSyncRequest) -> ExecSyncResponse;
        exec(ExecRequest) -> ExecResponse;
        attach(AttachRequest) -> AttachResponse;
        port_forward(PortForwardRequest) -> PortForwardResponse;
        container_stats(ContainerStatsRequest) -> ContainerStatsResponse;
        list_container_stats(ListContainerStatsRequest) -> ListContainerStatsResponse;
        pod_sandbox_stats(PodSandboxStatsRequest) -> PodSandboxStatsResponse;
        list_pod_sandbox_stats(ListPodSandboxStatsRequest) -> ListPodSandboxStatsResponse;
        update_runtime_config(UpdateRuntimeConfigRequest) -> UpdateRuntimeConfigResponse;
        status(StatusRequest) -> StatusResponse;
        checkpoint_container(CheckpointContainerRequest) -> CheckpointContainerResponse;
        list_metric_descriptors(ListMetricDescriptorsRequest) -> ListMetricDescriptorsResponse;
        list_pod_sandbox_metrics(ListPodSandboxMetricsRequest) -> ListPodSandboxMetricsResponse;
        runtime_config(RuntimeConfigRequest) -> RuntimeConfigResponse;
        update_pod_sandbox_resources(UpdatePodSandboxResourcesRequest) -> UpdatePodSandboxResourcesResponse;
    }
    trait_extra {
        /// CRI `GetContainerEvents`: events from now on; ends when the runtime stops or the receiver lags
        /// [`EVENTS_LAG_MAX`] behind.
        async fn container_events(&self) -> Result<mpsc::Receiver<ContainerEventResponse>, Status>;
    }
    client_extra {
        async fn container_events(&self) -> Result<mpsc::Receiver<ContainerEventResponse>, Status> {
            let mut events = self.runtime.clone().get_container_events(GetEventsRequest {}).await?.into_inner();
            let (sender, receiver) = mpsc::channel(EVENTS_LAG_MAX);
            tokio::spawn(async move {
                while let Ok(Some(event)) = events.message().await {
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
            });
            Ok(receiver)
        }
    }
    shell_extra {
        type GetContainerEventsStream = EventStream<ContainerEventResponse>;
        async fn get_container_events(
            &self,
            _request: Request<GetEventsRequest>,
        ) -> Result<Response<Self::GetContainerEventsStream>, Status> {
            let events = self.0.container_events().await?;
            Ok(Response::new(Box::pin(ReceiverStream::new(events).map(Ok))))
        }
        unimplemented_stream!(stream_pod_sandboxes, StreamPodSandboxesStream, StreamPodSandboxesRequest, StreamPodSandboxesResponse);
        unimplemented_stream!(stream_containers, StreamContainersStream, StreamContainersRequest, StreamContainersResponse);
        unimplemented_stream!(stream_container_stats, StreamContainerStatsStream, StreamContainerStatsRequest, StreamContainerStatsResponse);
        unimplemented_stream!(stream_pod_sandbox_stats, StreamPodSandboxStatsStream, StreamPodSandboxStatsRequest, StreamPodSandboxStatsResponse);
        unimplemented_stream!(stream_pod_sandbox_metrics, StreamPodSandboxMetricsStream, StreamPodSandboxMetricsRequest, StreamPodSandboxMetricsResponse);
    }
}

cri_service! {
    /// Images.
    ImageService, ImageShell, image,
    {
        list_images(ListImagesRequest) -> ListImagesResponse;
        image_status(ImageStatusRequest) -> ImageStatusResponse;
        pull_image(PullImageRequest) -> PullImageResponse;
        remove_image(RemoveImageRequest) -> RemoveImageResponse;
        image_fs_info(ImageFsInfoRequest) -> ImageFsInfoResponse;
    }
    trait_extra {}
    client_extra {}
    shell_extra {
        unimplemented_stream!(stream_images, StreamImagesStream, StreamImagesRequest, StreamImagesResponse);
    }
}
