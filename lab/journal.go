// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// journal names what a lab made, or was about to make.
type journal struct {
	Name   string      `json:"name"`
	BootID string      `json:"boot_id"`
	Subnet int         `json:"subnet"`
	Netns  []madeNetns `json:"netns"`
	Links  []madeLink  `json:"links"`
	// Complete is written last: without it the maker died on the way.
	Complete bool `json:"complete"`
}

type madeNetns struct {
	Name string `json:"name"`
	identity
}

// madeLink is one end; its peer goes with it.
type madeLink struct {
	Netns  string `json:"netns"`
	Ifname string `json:"ifname"`
}

func journalPath(name string) string {
	return filepath.Join(runDir, "lab-"+name+".json")
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
	return j, nil
}

func (j *journal) save() error {
	if err := writeDurable(journalPath(j.Name), j); err != nil {
		return fmt.Errorf("saving journal of lab %q: %w", j.Name, err)
	}
	return nil
}

// owned reads what stands under a namespace's name, and returns [ErrForeign]
// when that is not what the journal says the lab made.
func (j *journal) owned(netns string) (pin, error) {
	found, id, err := readPin(netns)
	if err != nil || found == pinNone {
		return found, err
	}
	boot, err := bootID()
	if err != nil {
		return found, err
	}
	for _, made := range j.Netns {
		if made.Name != netns {
			continue
		}
		if found == pinEmpty || found == pinNetns && made.identity == id && j.BootID == boot {
			return found, nil
		}
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
