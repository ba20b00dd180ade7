// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// listsAge is how long package lists are used before they are fetched again.
const listsAge = 12 * time.Hour

// apt runs apt-get with lists, sources and cache of its own below dir.
type apt struct{ dir string }

const aptConfig = `#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::GzipIndexes "false";
Acquire::Languages "none";
Acquire::Retries "2";
Dir::Etc::SourceList "%[1]s/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "%[1]s/lists";
Dir::State::Status "%[1]s/status";
Dir::Cache::Archives "%[1]s/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`

// newApt prepares dir for these suites.
func newApt(dir string, m mirrors, suites []string) (*apt, error) {
	for _, sub := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("making apt's directories: %w", err)
		}
	}
	var sources strings.Builder
	for _, suite := range suites {
		sources.WriteString(m.source(suite))
	}
	for name, text := range map[string]string{
		"sources.list": sources.String(),
		"status":       "",
		"apt.conf":     fmt.Sprintf(aptConfig, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("configuring apt: %w", err)
		}
	}
	return &apt{dir: dir}, nil
}

// lists returns the package lists, fetched again when they are old. The lists
// of before serve when there is no network.
func (a *apt) lists(ctx context.Context) ([]string, error) {
	stamp := filepath.Join(a.dir, "updated")
	var updateErr error
	if info, err := os.Stat(stamp); err != nil || time.Since(info.ModTime()) > listsAge {
		// Without --error-on=any apt-get only warns of a list it cannot get.
		if updateErr = a.run(ctx, a.dir, "update", "--error-on=any"); updateErr == nil {
			updateErr = os.WriteFile(stamp, nil, 0o644)
		}
	}
	lists, err := filepath.Glob(filepath.Join(a.dir, "lists", "*_Packages"))
	switch {
	case err != nil:
		return nil, err
	case len(lists) > 0:
		return lists, nil
	case updateErr != nil:
		return nil, updateErr
	}
	return nil, errors.New("there are no package lists")
}

// unreachable finds what apt-get says of a mirror that it cannot talk to.
var unreachable = regexp.MustCompile(`(?m)^E: Failed to fetch \S+ +` +
	`((?:Could not (?:resolve|connect)|Unable to connect|Connection (?:failed|timed out)|Temporary failure resolving).*)$`)

// run ends with what apt-get complained about, if it did.
func (a *apt) run(ctx context.Context, dir string, args ...string) error {
	args = append([]string{"--quiet=2", "--config-file=" + filepath.Join(a.dir, "apt.conf")}, args...)
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	text := strings.TrimSpace(string(out))
	if reason := unreachable.FindStringSubmatch(text); reason != nil {
		return fmt.Errorf("%w: %s", ErrNoMirror, reason[1])
	}
	if strings.Contains(text, "NO_PUBKEY") {
		text += "\n(the key of this suite: apt-get install debian-archive-keyring)"
	}
	return fmt.Errorf("running apt-get %s: %w: %s", args[2], err, text)
}
