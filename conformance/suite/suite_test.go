// Package suite is upstream's conformance suite as one test program, with a record of every spec as it ends.
//
// Nothing of upstream's source is here: the specs are imported, the flags are upstream's own.
package suite

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"k8s.io/kubernetes/test/e2e"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/kubernetes/test/e2e/framework/config"
	"k8s.io/kubernetes/test/e2e/framework/testfiles"

	conformance "k8s.io/kubernetes/test/conformance/testdata"
	manifests "k8s.io/kubernetes/test/e2e/testing-manifests"
	fixtures "k8s.io/kubernetes/test/fixtures"

	_ "k8s.io/kubernetes/test/e2e/apimachinery"
	_ "k8s.io/kubernetes/test/e2e/apps"
	_ "k8s.io/kubernetes/test/e2e/architecture"
	_ "k8s.io/kubernetes/test/e2e/auth"
	_ "k8s.io/kubernetes/test/e2e/common"
	_ "k8s.io/kubernetes/test/e2e/dra"
	_ "k8s.io/kubernetes/test/e2e/feature"
	_ "k8s.io/kubernetes/test/e2e/instrumentation"
	_ "k8s.io/kubernetes/test/e2e/kubectl"
	_ "k8s.io/kubernetes/test/e2e/network"
	_ "k8s.io/kubernetes/test/e2e/node"
	_ "k8s.io/kubernetes/test/e2e/scheduling"
	_ "k8s.io/kubernetes/test/e2e/storage"

	_ "k8s.io/kubernetes/test/e2e/framework/debug/init"
	_ "k8s.io/kubernetes/test/e2e/framework/metrics/init"
	_ "k8s.io/kubernetes/test/e2e/framework/node/init"
	_ "k8s.io/kubernetes/test/utils/format"
)

// suiteName is what upstream calls its suite: a spec is chosen by this and its own name.
const suiteName = "Kubernetes e2e suite"

func TestMain(m *testing.M) {
	specs := flag.String("specs", "", "File with the full names of the specs to run, one a line")
	flag.StringVar(&records.directory, "records", "", "Directory for the records of specs")
	flag.DurationVar(&records.specMax, "spec-max", 0, "A spec that takes longer ends its process; 0 is never")
	config.CopyFlags(config.Flags, flag.CommandLine)
	framework.RegisterCommonFlags(flag.CommandLine)
	framework.RegisterClusterFlags(flag.CommandLine)
	flag.Parse()
	if err := focusOn(*specs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	testfiles.AddFileSource(manifests.GetE2ETestingManifestsFS())
	testfiles.AddFileSource(fixtures.GetTestFixturesFS())
	testfiles.AddFileSource(conformance.GetConformanceTestdataFS())
	framework.AfterReadingAllFlags(&framework.TestContext)
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	records.watch()
	e2e.RunE2ETests(t)
}

// focusOn lets exactly the specs of a file run: its names are too many and too long for a command line.
func focusOn(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		names = append(names, regexp.QuoteMeta(name))
	}
	return flag.Set("ginkgo.focus", "^"+suiteName+" (?:"+strings.Join(names, "|")+")$")
}
