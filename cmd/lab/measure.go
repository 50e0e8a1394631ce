package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/backend/rehearsal/amazon"
)

const (
	sampleEvery = 10 * time.Second
	samplesKept = 65 * time.Minute // CloudWatch is asked for an hour
)

// sample is what a server tells of itself at one moment.
type sample struct {
	at     time.Time
	up     float64 // seconds since it started
	grown  growth
	stands amazon.Activity // connections, queue, free memory and storage, binary logs, lag
}

// growth is what a server counts from its start.
type growth [9]float64

const (
	processor = iota // seconds
	reads
	writes
	readSeconds
	writeSeconds
	readBytes
	writeBytes
	received // bytes
	sent
)

// watch takes samples until ctx ends. A server that does not answer leaves a gap.
func (in *instance) watch(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		if s, err := in.sample(ctx); err == nil {
			in.mu.Lock()
			in.seen = append(in.seen, s)
			for s.at.Sub(in.seen[0].at) > samplesKept {
				in.seen = in.seen[1:]
			}
			in.mu.Unlock()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sampleSQL answers in rows of name and value. The timers of performance_schema are picoseconds.
const sampleSQL = `
SELECT VARIABLE_NAME, CAST(VARIABLE_VALUE AS DOUBLE) FROM performance_schema.global_status WHERE VARIABLE_NAME IN
	('Uptime', 'Threads_connected', 'Bytes_received', 'Bytes_sent', 'Innodb_data_pending_reads', 'Innodb_data_pending_writes')
UNION ALL SELECT 'reads', SUM(COUNT_READ) FROM performance_schema.file_summary_by_event_name
UNION ALL SELECT 'writes', SUM(COUNT_WRITE) FROM performance_schema.file_summary_by_event_name
UNION ALL SELECT 'read seconds', SUM(SUM_TIMER_READ)/1e12 FROM performance_schema.file_summary_by_event_name
UNION ALL SELECT 'write seconds', SUM(SUM_TIMER_WRITE)/1e12 FROM performance_schema.file_summary_by_event_name
UNION ALL SELECT 'read bytes', SUM(SUM_NUMBER_OF_BYTES_READ) FROM performance_schema.file_summary_by_event_name
UNION ALL SELECT 'write bytes', SUM(SUM_NUMBER_OF_BYTES_WRITE) FROM performance_schema.file_summary_by_event_name`

func (in *instance) sample(ctx context.Context) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	rows, err := in.db.QueryContext(ctx, sampleSQL)
	if err != nil {
		return sample{}, err
	}
	defer rows.Close()
	told := map[string]float64{}
	for rows.Next() {
		var name string
		var value float64
		if err := rows.Scan(&name, &value); err != nil {
			return sample{}, err
		}
		told[name] = value
	}
	if err := rows.Err(); err != nil {
		return sample{}, err
	}
	s := sample{at: time.Now(), up: told["Uptime"]}
	s.grown = growth{
		reads: told["reads"], writes: told["writes"], readSeconds: told["read seconds"], writeSeconds: told["write seconds"],
		readBytes: told["read bytes"], writeBytes: told["write bytes"], received: told["Bytes_received"], sent: told["Bytes_sent"],
	}
	s.stands.Connections, s.stands.Queue = told["Threads_connected"], told["Innodb_data_pending_reads"]+told["Innodb_data_pending_writes"]
	if s.stands.BinlogBytes, err = in.binlogBytes(ctx); err != nil {
		return sample{}, err
	}
	status, err := in.replicaStatus(ctx)
	if err != nil {
		return sample{}, err
	}
	s.stands.Lag = -1
	if behind := status["Seconds_Behind_Source"]; behind.Valid {
		if s.stands.Lag, err = strconv.ParseFloat(behind.String, 64); err != nil {
			return sample{}, err
		}
	}
	return s, in.sampleHost(&s)
}

// binlogBytes is the size of the server's binary logs.
func (in *instance) binlogBytes(ctx context.Context) (float64, error) {
	rows, err := in.db.QueryContext(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	sum := 0.0
	for rows.Next() {
		var name, encrypted string
		var size float64
		if err := rows.Scan(&name, &size, &encrypted); err != nil {
			return 0, err
		}
		sum += size
	}
	return sum, rows.Err()
}

// sampleHost adds what the kernel tells: the server's processor time, free memory and storage.
func (in *instance) sampleHost(s *sample) error {
	id, ok := in.alive(in.serverProcess(in.of).name)
	if !ok {
		return fmt.Errorf("measuring %s: it does not run", in.of.name)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id.pid))
	if err != nil {
		return err
	}
	if s.grown[processor], err = processorSeconds(string(stat)); err != nil {
		return err
	}
	if s.stands.FreeMemory, err = memoryOf("MemAvailable"); err != nil {
		return err
	}
	volume, err := volumeOf(in.serverDir(in.of))
	s.stands.FreeStorage = float64(volume.free)
	return err
}

// processorSeconds adds user and system time of a line of /proc/PID/stat. The kernel counts them in hundredths.
func processorSeconds(line string) (float64, error) {
	f := statFields(line)
	if f == nil {
		return 0, errors.New("reading a process's times: the line is cut")
	}
	user, err := strconv.ParseFloat(f[11], 64)
	if err != nil {
		return 0, fmt.Errorf("reading a process's times: %w", err)
	}
	system, err := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100, err
}

// memoryOf is a line of /proc/meminfo in bytes.
func memoryOf(name string) (float64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name+":" {
			kib, err := strconv.ParseFloat(f[1], 64)
			return kib * 1024, err
		}
	}
	return 0, fmt.Errorf("reading /proc/meminfo: it has no %s", name)
}

type volume struct{ size, free uint64 } // bytes

func volumeOf(dir string) (volume, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return volume{}, fmt.Errorf("looking at the volume of %s: %w", dir, err)
	}
	return volume{size: st.Blocks * uint64(st.Bsize), free: st.Bavail * uint64(st.Bsize)}, nil
}

func (in *instance) activity(minute time.Time) (amazon.Activity, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return activity(in.seen, minute, float64(runtime.NumCPU()))
}

// activity works out one minute of samples that are in order of time: rates from what grew between two samples of one life of the server,
// the mean of what stands, the worst lag. False: nothing was measured in it.
func activity(all []sample, minute time.Time, processors float64) (amazon.Activity, bool) {
	var g growth
	n, passed := 0.0, 0.0
	a := amazon.Activity{Lag: -1}
	for i, s := range all {
		if s.at.Before(minute) || !s.at.Before(minute.Add(time.Minute)) || i == 0 {
			continue
		}
		before := all[i-1]
		if s.at.Sub(before.at) > time.Minute || s.up < before.up {
			continue
		}
		n, passed = n+1, passed+s.at.Sub(before.at).Seconds()
		for k := range g {
			g[k] += s.grown[k] - before.grown[k]
		}
		a.Connections += s.stands.Connections
		a.Queue += s.stands.Queue
		a.FreeMemory += s.stands.FreeMemory
		a.FreeStorage += s.stands.FreeStorage
		a.BinlogBytes += s.stands.BinlogBytes
		a.Lag = max(a.Lag, s.stands.Lag)
	}
	if n == 0 {
		return amazon.Activity{}, false
	}
	for _, mean := range []*float64{&a.Connections, &a.Queue, &a.FreeMemory, &a.FreeStorage, &a.BinlogBytes} {
		*mean /= n
	}
	a.CPU = 100 * g[processor] / passed / processors
	a.ReadIOPS, a.WriteIOPS, a.ReadBytes, a.WriteBytes = g[reads]/passed, g[writes]/passed, g[readBytes]/passed, g[writeBytes]/passed
	a.ReadLatency, a.WriteLatency = g[readSeconds]/max(1, g[reads]), g[writeSeconds]/max(1, g[writes])
	a.NetIn, a.NetOut = g[received]/passed, g[sent]/passed
	return a, true
}
