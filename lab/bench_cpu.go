// SPDX-License-Identifier: Apache-2.0

package lab

// LastCPU is the last one that the process may use; the first one often has more
// interrupts to serve.
func LastCPU() (int, error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return 0, err
	}
	return cpus[len(cpus)-1], nil
}
