package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"k8s.io/kubernetes/test/e2e/framework"
)

const (
	// evidenceMax is how long collecting the objects of a failed spec may take.
	evidenceMax = 60 * time.Second
	// stacksBytesMax bounds the stacks that a spec without end leaves.
	stacksBytesMax = 4 << 20
	// folderNameBytesMax leaves room for suffixes below the 255 bytes of a file name.
	folderNameBytesMax = 180
)

// line is one line of a process's record: a spec began or ended.
type line struct {
	Event   string    `json:"event"`
	Spec    string    `json:"spec"`
	Time    time.Time `json:"time"`
	State   string    `json:"state,omitempty"`
	Seconds float64   `json:"seconds,omitempty"`
	Failure string    `json:"failure,omitempty"`
	Place   string    `json:"place,omitempty"`
	Folder  string    `json:"folder,omitempty"`
}

// record is what one process of the suite writes down; ginkgo's own reports come only at the very end.
type record struct {
	directory string
	specMax   time.Duration

	lock      sync.Mutex
	alarm     *time.Timer
	collected bool
}

var records record

// watch has ginkgo tell of every spec. To be called when upstream has read the flags: its preview of the specs drops
// what was registered at the top before.
func (r *record) watch() {
	if r.directory == "" {
		return
	}
	ginkgo.ReportBeforeEach(func(report ginkgo.SpecReport) { r.begin(report) })
	// Before anything of the spec is taken down.
	ginkgo.JustAfterEach(func(ctx context.Context) {
		if report := ginkgo.CurrentSpecReport(); report.Failed() {
			r.collect(ctx, report.FullText())
		}
	})
	ginkgo.ReportAfterEach(func(report ginkgo.SpecReport) { r.end(report) })
}

func (r *record) begin(report ginkgo.SpecReport) {
	if report.State.Is(types.SpecStateSkipped | types.SpecStatePending) {
		return
	}
	name := report.FullText()
	r.collected = false
	r.write(line{Event: "begin", Spec: name, Time: time.Now().UTC()})
	if r.specMax > 0 {
		r.alarm = time.AfterFunc(r.specMax, func() { r.giveUp(name) })
	}
}

func (r *record) end(report ginkgo.SpecReport) {
	if report.NumAttempts == 0 {
		return
	}
	if r.alarm != nil {
		r.alarm.Stop()
	}
	name := report.FullText()
	ended := line{
		Event: "end", Spec: name, Time: time.Now().UTC(),
		State: report.State.String(), Seconds: report.RunTime.Seconds(),
	}
	if report.State != types.SpecStatePassed {
		ended.Failure = report.Failure.Message
		ended.Place = report.FailureLocation().String()
		ended.Folder = r.folder(name)
		text := ended.Failure + "\n\n" + ended.Place + "\n" + report.FailureLocation().FullStackTrace + "\n"
		r.keep(ended.Folder, "failure.txt", text)
		r.keep(ended.Folder, "output.txt", report.CombinedOutput())
		if report.Failed() {
			r.collect(context.Background(), name)
		}
	}
	r.write(ended)
}

// giveUp ends this process, because nothing else ends a spec that ignores its context. Others go on.
func (r *record) giveUp(name string) {
	folder := r.folder(name)
	stacks := make([]byte, stacksBytesMax)
	stacks = stacks[:runtime.Stack(stacks, true)]
	r.keep(folder, "stacks.txt", string(stacks))
	failure := fmt.Sprintf("no end after %s", r.specMax)
	r.keep(folder, "failure.txt", failure+"\n")
	r.collect(context.Background(), name)
	r.write(line{
		Event: "end", Spec: name, Time: time.Now().UTC(),
		State: "timedout", Seconds: r.specMax.Seconds(), Failure: failure, Folder: folder,
	})
	os.Exit(1)
}

func (r *record) write(entry line) {
	r.lock.Lock()
	defer r.lock.Unlock()
	text, err := json.Marshal(entry)
	if err != nil {
		text = []byte(err.Error())
	}
	name := filepath.Join(r.directory, fmt.Sprintf("%d.jsonl", ginkgo.GinkgoParallelProcess()))
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer file.Close()
	if _, err := file.Write(append(text, '\n')); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// folder is the name of the directory that holds what is known of a spec's failure.
func (r *record) folder(name string) string {
	folder := strings.Trim(notInNames.ReplaceAllString(name, "-"), "-")
	return folder[:min(len(folder), folderNameBytesMax)]
}

func (r *record) keep(folder, name, text string) {
	directory := filepath.Join(r.directory, folder)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// collect keeps the objects, events and logs of the namespaces that the running spec made. Once per spec.
func (r *record) collect(ctx context.Context, name string) {
	r.lock.Lock()
	collected := r.collected
	r.collected = true
	r.lock.Unlock()
	if collected {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceMax)
	defer cancel()
	folder := r.folder(name)
	r.keep(folder, "cluster.yaml", kubectl(ctx, "get", "nodes,persistentvolumes", "--output=yaml"))
	kinds := strings.Fields(kubectl(ctx, "api-resources", "--namespaced", "--verbs=list", "--output=name"))
	selector := "--selector=e2e-run=" + string(framework.RunID)
	for _, namespace := range strings.Fields(kubectl(ctx, "get", "namespaces", selector, "--output=name")) {
		namespace = strings.TrimPrefix(namespace, "namespace/")
		here := "--namespace=" + namespace
		r.keep(folder, namespace+".yaml", kubectl(ctx, "get", here, strings.Join(kinds, ","), "--output=yaml"))
		r.keep(folder, namespace+".events", kubectl(ctx, "get", here, "events", "--sort-by=.metadata.creationTimestamp"))
		r.keepLogs(folder, namespace)
	}
}

// keepLogs copies the logs of containers, which end with their Pods.
func (r *record) keepLogs(folder, namespace string) {
	directories, _ := filepath.Glob("/var/log/pods/" + namespace + "_*")
	for _, directory := range directories {
		logs, _ := filepath.Glob(directory + "/*/*.log")
		for _, log := range logs {
			text, err := os.ReadFile(log)
			if err != nil {
				continue
			}
			pod := strings.TrimPrefix(filepath.Base(directory), namespace+"_")
			r.keep(folder, pod+"_"+filepath.Base(filepath.Dir(log))+"_"+filepath.Base(log), string(text))
		}
	}
}

func kubectl(ctx context.Context, arguments ...string) string {
	arguments = append([]string{"--kubeconfig=" + framework.TestContext.KubeConfig}, arguments...)
	output, err := exec.CommandContext(ctx, framework.TestContext.KubectlPath, arguments...).CombinedOutput()
	if err != nil {
		return string(output) + err.Error() + "\n"
	}
	return string(output)
}
