// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// journalVersion changes when an older program could not undo what is written.
const journalVersion = 2

// journal names what a lab made or changed, or was about to.
type journal struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	BootID  string `json:"boot_id"`
	Subnet  int    `json:"subnet"`
	// Shape is nil while there are only changes.
	Shape *Shape `json:"shape,omitempty"`
	// Netns are the namespaces that steps and changes are in.
	Netns []knownNetns `json:"netns"`
	// Steps make the topology, in order. The last one may not be done.
	Steps []step `json:"steps"`
	// Changes came after it, by [Apply]. The last one may not be done.
	Changes []*Change `json:"changes"`
	// Complete is written after all steps: without it the maker died on the way.
	Complete bool `json:"complete"`
}

// knownNetns is a namespace the lab made, or one it was told to use.
type knownNetns struct {
	// Ref is a name under /run/netns or a path.
	Ref string `json:"ref"`
	// Made says that the lab made it and will remove it.
	Made bool `json:"made"`
	identity
}

func journalPath(name string) string {
	return filepath.Join(runDir, "lab-"+name+".json")
}

func newJournal(name string) (*journal, error) {
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	subnet, err := freeSubnet(name)
	if err != nil {
		return nil, err
	}
	return &journal{Version: journalVersion, Name: name, BootID: boot, Subnet: subnet}, nil
}

// readJournal returns [ErrNoLab] when there is none.
func readJournal(name string) (*journal, error) {
	b, err := os.ReadFile(journalPath(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("lab %q: %w", name, ErrNoLab)
	}
	if err != nil {
		return nil, fmt.Errorf("reading journal: %w", err)
	}
	j := new(journal)
	if err := json.Unmarshal(b, j); err != nil {
		return nil, fmt.Errorf("decoding journal %s: %w", journalPath(name), err)
	}
	if j.Version != journalVersion {
		return nil, fmt.Errorf("lab %q: another version of vethtrace made it, take it down with that one: the journal has version %d, not %d",
			name, j.Version, journalVersion)
	}
	return j, nil
}

// readOrNewJournal also says whether there was one.
func readOrNewJournal(name string) (j *journal, found bool, err error) {
	j, err = readJournal(name)
	if errors.Is(err, ErrNoLab) {
		j, err = newJournal(name)
		return j, false, err
	}
	return j, true, err
}

func (j *journal) save() error {
	if err := writeDurable(journalPath(j.Name), j); err != nil {
		return fmt.Errorf("saving journal of lab %q: %w", j.Name, err)
	}
	return nil
}

// sameBoot is false for what was written before a reboot, which undid it all.
func (j *journal) sameBoot() (bool, error) {
	boot, err := bootID()
	return boot == j.BootID, err
}

func (j *journal) known(ref string) (knownNetns, bool) {
	i := slices.IndexFunc(j.Netns, func(k knownNetns) bool { return k.Ref == ref })
	if i < 0 {
		return knownNetns{}, false
	}
	return j.Netns[i], true
}

// learn writes down which namespace a reference means, once.
func (j *journal) learn(k knownNetns) {
	if _, known := j.known(k.Ref); !known {
		j.Netns = append(j.Netns, k)
	}
}

// owned reads what stands under a namespace's name, and returns [ErrForeign]
// when that is not what the journal says the lab made.
func (j *journal) owned(netns string) (pin, error) {
	found, id, err := readPin(netns)
	if err != nil || found == pinNone {
		return found, err
	}
	same, err := j.sameBoot()
	if err != nil {
		return found, err
	}
	made, known := j.known(netns)
	if known && made.Made && (found == pinEmpty || found == pinNetns && made.identity == id && same) {
		return found, nil
	}
	return found, fmt.Errorf("%s: %w", netnsPath(netns), ErrForeign)
}

// List returns the names of all labs, whole or half made, in order. It needs no
// privilege.
func List() ([]string, error) {
	entries, err := os.ReadDir(runDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing labs: %w", err)
	}
	var names []string
	for _, e := range entries {
		name, isLab := strings.CutPrefix(e.Name(), "lab-")
		name, isJSON := strings.CutSuffix(name, ".json")
		if isLab && isJSON && validateName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}
