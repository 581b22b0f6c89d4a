"""The policy that a device enforces (MS-ASPROV EASProvisionDoc)."""

from easd.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """Every setting of MS-ASPROV 2.2.2; as constructed without arguments it is complete and asks nothing of the device.

    A number that is None sets no limit. Lock time in seconds, sizes in bytes (attachments) or KiB as MS-ASPROV says
    (truncation sizes, where
    -1 is "whole" and 0 "header only"), expiration in days, history in passwords. The age filters are FilterType values
    (0: everything),
    `allow_bluetooth` 0 no, 1 hands-free only, 2 yes; `approved_hashes` are SHA-1 hashes of programs in base64.
    """

    device_password_enabled: bool = False
    alphanumeric_device_password_required: bool = False
    password_recovery_enabled: bool = False
    require_storage_card_encryption: bool = False
    attachments_enabled: bool = True
    min_device_password_length: int | None = None
    max_inactivity_time_device_lock: int | None = None
    max_device_password_failed_attempts: int | None = None
    max_attachment_size: int | None = None
    allow_simple_device_password: bool = True
    device_password_expiration: int | None = None
    device_password_history: int = 0
    allow_storage_card: bool = True
    allow_camera: bool = True
    require_device_encryption: bool = False
    allow_unsigned_applications: bool = True
    allow_unsigned_installation_packages: bool = True
    min_device_password_complex_characters: int = 1
    allow_wifi: bool = True
    allow_text_messaging: bool = True
    allow_pop_imap_email: bool = True
    allow_bluetooth: int = 2
    allow_irda: bool = True
    require_manual_sync_when_roaming: bool = False
    allow_desktop_sync: bool = True
    max_calendar_age_filter: int = 0
    allow_html_email: bool = True
    max_email_age_filter: int = 0
    max_email_body_truncation_size: int = -1
    max_email_html_body_truncation_size: int = -1
    require_signed_smime_messages: bool = False
    require_encrypted_smime_messages: bool = False
    require_signed_smime_algorithm: int = 0
    require_encryption_smime_algorithm: int = 0
    allow_smime_encryption_algorithm_negotiation: int = 2
    allow_smime_soft_certs: bool = True
    allow_browser: bool = True
    allow_consumer_email: bool = True
    allow_remote_desktop: bool = True
    allow_internet_sharing: bool = True
    unapproved_applications: tuple[str, ...] = ()
    approved_hashes: tuple[str, ...] = ()
