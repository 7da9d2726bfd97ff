"""What several sources share because their sites run on the same content management system."""
