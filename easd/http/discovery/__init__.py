"""How clients find this server: Autodiscover in its forms, Thunderbird's autoconfig, profiles for Apple's devices."""
