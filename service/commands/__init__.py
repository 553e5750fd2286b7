"""The commands, a module for each thing that they are about; `service.cli` puts them together."""
