package model

// Session is a screen that is attached to an environment, as it says of itself: anybody may say so. It informs; nothing is decided by it.
type Session struct {
	User    string // clean, and not empty
	Cockpit bool   // else it only watches
}
