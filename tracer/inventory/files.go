// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"strings"
)

// readJSON decodes a file below root, and says whether that worked. Most files
// of runtimes are not there: that is no error.
func readJSON(root fs.FS, name string, v any) bool {
	b, err := fs.ReadFile(root, name)
	return err == nil && json.Unmarshal(b, v) == nil
}

// inRoot makes an absolute path one below the root.
func inRoot(name string) string { return strings.TrimPrefix(path.Clean(name), "/") }

// homeOf returns the home directory of the user whose slice a cgroup path is
// in, and its UID: containers without root keep their files there.
func homeOf(root fs.FS, paths []string) (uid, home string) {
	for _, p := range paths {
		for _, dir := range steps(p) {
			if rest, ok := strings.CutPrefix(dir, "user-"); ok && strings.HasSuffix(rest, ".slice") {
				uid = strings.TrimSuffix(rest, ".slice")
			}
		}
	}
	if uid == "" {
		return "", ""
	}
	passwd, _ := fs.ReadFile(root, "etc/passwd")
	for line := range bytes.Lines(passwd) {
		fields := strings.Split(strings.TrimSpace(string(line)), ":")
		if len(fields) == 7 && fields[2] == uid {
			return uid, inRoot(fields[5])
		}
	}
	return uid, ""
}
