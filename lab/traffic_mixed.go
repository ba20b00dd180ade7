// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"time"
)

// mixed is some of everything, light enough to leave the machine's answer
// alone: about a thousand packets a second each way.
func mixed(l *Lab) []Traffic {
	return []Traffic{
		RequestResponse{Interval: 4 * time.Millisecond, CPU: -1},
		Stream{Rate: 200e6, CPU: -1},
		Ping{Interval: 20 * time.Millisecond, CPU: -1},
		UDP{Interval: 5 * time.Millisecond, Size: 512, IPv6: l.Ends[1].IPv6.IsValid(), CPU: -1},
	}
}

// Mixed runs request/response, a 200 Mbit/s stream, pings and paced UDP over a
// lab together until ctx ends, and returns a result for each. When one fails,
// all end.
func Mixed(ctx context.Context, name string) ([]Result, error) {
	l, err := Show(name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kinds := mixed(l)
	results := make([]Result, len(kinds))
	errs := make([]error, len(kinds))
	done := make(chan struct{})
	for i, kind := range kinds {
		go func() {
			defer func() { done <- struct{}{} }()
			results[i], errs[i] = kind.Run(ctx, l)
			if errs[i] != nil {
				cancel()
			}
		}()
	}
	for range kinds {
		<-done
	}
	return results, errors.Join(errs...)
}
