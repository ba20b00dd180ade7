// SPDX-License-Identifier: Apache-2.0

package results

import (
	"encoding/json"
	"fmt"
	"os"
)

// document is the file of results.
type document struct {
	Runs []Run `json:"runs"`
}

// WriteJSON writes runs to a file for [ReadJSON].
func WriteJSON(path string, runs []Run) error {
	data, err := json.MarshalIndent(document{Runs: runs}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding results: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing results: %w", err)
	}
	return nil
}

// ReadJSON reads what [WriteJSON] wrote.
func ReadJSON(path string) ([]Run, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading results: %w", err)
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("decoding results of %s: %w", path, err)
	}
	return d.Runs, nil
}
