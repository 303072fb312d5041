// Package process starts the server that a load run is against, or looks at one that runs, tells what it costs (CPU time
// and memory, from the kernel's accounts) and ends it by its id. What a process costs is known on Linux only.
package process
