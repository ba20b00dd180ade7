// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// netnsDirRecord says what labs had to do so that /run/netns is a shared
// mount. It belongs to all labs; the last one to go undoes it.
type netnsDirRecord struct {
	BootID  string `json:"boot_id"`
	Created bool   `json:"created"`
	Mounted bool   `json:"mounted"`
}

func netnsDirRecordPath() string { return filepath.Join(runDir, "netns-dir.json") }

func readNetnsDirRecord() (rec netnsDirRecord, err error) {
	b, err := os.ReadFile(netnsDirRecordPath())
	if err != nil {
		return rec, fmt.Errorf("reading record of %s: %w", netnsDir, err)
	}
	if err := json.Unmarshal(b, &rec); err != nil {
		return rec, fmt.Errorf("decoding %s: %w", netnsDirRecordPath(), err)
	}
	return rec, nil
}

// ensureNetnsDir does what iproute2 does in `ip netns add`: /run/netns becomes
// a mount of its own with shared propagation, so that a namespace unmounted
// here vanishes from other mount namespaces too and can be freed.
func ensureNetnsDir(step func(string)) error {
	boot, err := bootID()
	if err != nil {
		return err
	}
	rec, err := readNetnsDirRecord()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if rec.BootID != boot {
		rec = netnsDirRecord{BootID: boot}
	}
	if _, err := os.Stat(netnsDir); errors.Is(err, os.ErrNotExist) {
		rec.Created = true
		if err := writeDurable(netnsDirRecordPath(), rec); err != nil {
			return err
		}
		step("record directory")
		if err := os.Mkdir(netnsDir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("creating %s: %w", netnsDir, err)
		}
		step("create directory")
	}
	err = unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
	if errors.Is(err, unix.EINVAL) { // not a mount yet
		rec.Mounted = true
		if err := writeDurable(netnsDirRecordPath(), rec); err != nil {
			return err
		}
		step("record directory mount")
		if err := unix.Mount(netnsDir, netnsDir, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mounting %s on itself: %w", netnsDir, err)
		}
		step("mount directory")
		err = unix.Mount("", netnsDir, "none", unix.MS_SHARED|unix.MS_REC, "")
	}
	if err != nil {
		return fmt.Errorf("making %s a shared mount: %w", netnsDir, err)
	}
	return nil
}

// releaseNetnsDir undoes ensureNetnsDir when no lab but leaving is left and
// nobody else uses the directory. If somebody does, it is theirs from now on.
func releaseNetnsDir(leaving string, step func(string)) error {
	labs, err := List()
	if err != nil {
		return err
	}
	for _, l := range labs {
		if l != leaving {
			return nil
		}
	}
	rec, err := readNetnsDirRecord()
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	boot, err := bootID()
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(netnsDir); err == nil && len(entries) == 0 && rec.BootID == boot {
		if err := undoNetnsDir(rec, step); err != nil {
			return err
		}
	}
	if err := removeDurable(netnsDirRecordPath()); err != nil {
		return fmt.Errorf("removing record of %s: %w", netnsDir, err)
	}
	return nil
}

// undoNetnsDir unmounts without force: a namespace that appears meanwhile makes
// the kernel answer EBUSY, and then the directory stays.
func undoNetnsDir(rec netnsDirRecord, step func(string)) error {
	if rec.Mounted {
		err := unix.Unmount(netnsDir, unix.UMOUNT_NOFOLLOW)
		if errors.Is(err, unix.EBUSY) {
			return nil
		}
		if err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("unmounting %s: %w", netnsDir, err)
		}
		step("unmount directory")
	}
	if rec.Created {
		err := os.Remove(netnsDir)
		if err != nil && !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", netnsDir, err)
		}
		step("remove directory")
	}
	return nil
}
