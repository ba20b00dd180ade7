// SPDX-License-Identifier: Apache-2.0

package image

import "fmt"

// order returns the modules of want and all they depend on, each after what
// it needs. A module that is not there is left out: it is built in, or this
// kernel has none.
func order(want []string, depends func(name string) ([]string, error)) ([]string, error) {
	const (
		visiting = 1
		done     = 2
	)
	state := map[string]int{}
	var sorted []string
	var visit func(name string) error
	visit = func(name string) error {
		switch state[name] {
		case done:
			return nil
		case visiting:
			return fmt.Errorf("module %s depends on itself", name)
		}
		state[name] = visiting
		needs, err := depends(name)
		if err != nil {
			return err
		}
		for _, need := range needs {
			if err := visit(need); err != nil {
				return err
			}
		}
		state[name] = done
		sorted = append(sorted, name)
		return nil
	}
	for _, name := range want {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}
