// Worker notes the turn of the tide.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	log.Println("Worker: started")
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM)
	for turn := 1; ; turn++ {
		select {
		case <-stopped:
			return
		case <-time.After(2 * time.Second):
			log.Println("Worker: turn", turn)
		}
	}
}
