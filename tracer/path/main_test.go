// SPDX-License-Identifier: Apache-2.0

package path

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vethtrace/vethtrace/tracer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds each wait of these tests. Nothing is asserted about how much
// of it is used.
const patience = 20 * time.Second

func findNetns(t testing.TB, name string) tracer.Netns {
	t.Helper()
	ns, err := tracer.FindNetns(name)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}
