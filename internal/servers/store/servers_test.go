package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/internal/servers/process"
)

// tool returns a function that returns where a tool of the module is. The go
// command builds it first if it is not in the cache.
func tool(name string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		cmd := exec.Command("go", "tool", "-n", name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("%v: %w", cmd, err)
		}
		return strings.TrimSpace(string(out)), nil
	})
}

var (
	victoriaLogs = tool("victoria-logs")
	vmauth       = tool("vmauth")
)

// run starts one of the programs on addr, whose port may be 0, and returns where
// it listens.
func run(t *testing.T, build func() (string, error), addr string, args ...string) (*process.Process, string) {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append(args, "-httpListenAddr="+addr)...)
	var mu sync.Mutex
	p := process.Start(t, cmd, func(line string) bool {
		_, rest, found := strings.Cut(line, "started server at http://")
		if !found {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		addr, _, _ = strings.Cut(rest, "/")
		return true
	})
	mu.Lock()
	defer mu.Unlock()
	return p, addr
}

// stack is the store and the front.
type stack struct {
	dir       string
	store     *process.Process
	storeAddr string
	front     *process.Process
	frontAddr string
}

func newStack(t *testing.T, key string) *stack {
	t.Helper()
	s := &stack{dir: t.TempDir(), storeAddr: "127.0.0.1:0"}
	s.startStore(t)
	s.writeConfig(t, key)
	s.front, s.frontAddr = run(t, vmauth, "127.0.0.1:0", "-auth.config="+s.config(),
		"-httpAuthHeader=Authorization", "-httpAuthHeader=X-Logs-Api-Key", "-failTimeout=100ms",
		"-http.maxGracefulShutdownDuration=1s")
	return s
}

// startStore starts the store, again on the same port if it has had one.
func (s *stack) startStore(t *testing.T) {
	t.Helper()
	s.store, s.storeAddr = run(t, victoriaLogs, s.storeAddr,
		"-storageDataPath="+filepath.Join(s.dir, "data"), "-memory.allowedBytes=128MB")
}

func (s *stack) config() string { return filepath.Join(s.dir, "auth.yml") }

// writeConfig makes key the one that the front takes.
func (s *stack) writeConfig(t *testing.T, key string) {
	t.Helper()
	text := fmt.Sprintf(`users:
- auth_token: %q
  url_map:
  - src_paths: ["/v1/log"]
    url_prefix: "http://%s/insert/jsonline?_stream_fields=component&_time_field=timestamp&_msg_field=message"
    drop_src_path_prefix_parts: 2
`, key, s.storeAddr)
	if err := os.WriteFile(s.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// changeKey makes the running front take another key.
func (s *stack) changeKey(t *testing.T, key string) {
	t.Helper()
	s.writeConfig(t, key)
	s.front.Signal(t, syscall.SIGHUP)
}

func (s *stack) setup() ledger.Setup {
	return ledger.Setup{Endpoint: "http://" + s.frontAddr + "/v1/log", Base: newTransport()}
}
