// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/nsenter"
)

const root = "/proc/sys"

// value is what one namespace has of a key.
type value struct {
	text string
	// writable is what the file's mode says.
	writable bool
	// err is why it cannot be read, such as a key that can only be written.
	err error
}

// values are those of one namespace, by the file's path below /proc/sys.
type values map[string]value

// readHere reads the keys below net of the namespace that this thread is in:
// /proc/sys/net is that of whoever opens it.
func readHere() (values, error) {
	all := values{}
	err := filepath.WalkDir(filepath.Join(root, "net"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			// A device that goes away takes its directory with it.
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		v := value{writable: info.Mode().Perm()&0o222 != 0}
		var data []byte
		if data, v.err = os.ReadFile(path); v.err == nil {
			v.text = strings.Join(strings.Fields(string(data)), " ")
		}
		all[strings.TrimPrefix(path, root+"/")] = v
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s/net: %w", root, err)
	}
	return all, nil
}

// readIn reads those of the namespace at path.
func readIn(path string) (all values, err error) {
	err = nsenter.At(path, func() (err error) {
		all, err = readHere()
		return err
	})
	return all, err
}

// readNew reads those of a namespace made for it, which is gone afterwards: what
// a namespace would get now.
func readNew() (all values, err error) {
	err = nsenter.InNew(func() (err error) {
		all, err = readHere()
		return err
	})
	return all, err
}
