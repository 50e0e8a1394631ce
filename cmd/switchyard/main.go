// Command switchyard watches and moves a Bacula backup catalog from a self-run MySQL to Amazon RDS.
package main

func main() {}
