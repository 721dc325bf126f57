//! A pool's settings. UpdateUserPool resets every one that it is not given, so all of them are sent back.

use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, DeletionProtectionType, PasswordPolicyType, UserPoolMfaType, UserPoolPolicyType,
    UserPoolType,
};
use mate_core::kinds::user_pool::UserPoolInputs;
use mate_core::provider::{ProviderError, Target};

use crate::classify::failed;
use crate::context::Aws;

/// Days that a temporary password is valid, unless a pool says otherwise: Cognito's own default.
const TEMPORARY_PASSWORD_DAYS: i32 = 7;

/// The policies with the wanted length. A new pool asks for every sort of character, as Cognito's default does.
pub(super) fn password_policy(
    live: Option<UserPoolPolicyType>,
    admin: Option<&AdminCreateUserConfigType>,
    inputs: &UserPoolInputs,
) -> UserPoolPolicyType {
    let mut policies = live.unwrap_or_else(|| UserPoolPolicyType::builder().build());
    let mut password = policies.password_policy.take().unwrap_or_else(|| {
        let days = admin.map(|admin| admin.unused_account_validity_days()).filter(|days| *days > 0);
        PasswordPolicyType::builder()
            .require_uppercase(true)
            .require_lowercase(true)
            .require_numbers(true)
            .require_symbols(true)
            .temporary_password_validity_days(days.unwrap_or(TEMPORARY_PASSWORD_DAYS))
            .build()
    });
    password.minimum_length = Some(i32::from(inputs.password_minimum_length));
    policies.password_policy = Some(password);
    policies
}

/// The settings for the creation of users, with the invitation as it stands.
pub(super) fn admin_create_user(
    live: Option<AdminCreateUserConfigType>,
    inputs: &UserPoolInputs,
) -> AdminCreateUserConfigType {
    let mut admin = live.unwrap_or_else(|| AdminCreateUserConfigType::builder().build());
    admin.allow_admin_create_user_only = inputs.admin_create_user_only;
    admin
}

pub(super) fn deletion_protection(on: bool) -> DeletionProtectionType {
    if on { DeletionProtectionType::Active } else { DeletionProtectionType::Inactive }
}

/// Makes the pool's settings these.
pub(super) async fn put(aws: &Aws, target: &Target, pool: UserPoolType) -> Result<(), ProviderError> {
    let id = pool.id.unwrap_or_default();
    let address = &target.address;
    let factors = matches!(pool.mfa_configuration, Some(UserPoolMfaType::On | UserPoolMfaType::Optional));
    let before = match factors {
        true => {
            let answer = aws.cognito.get_user_pool_mfa_config().user_pool_id(&id).send().await;
            Some(answer.map_err(failed(address, "cognito-idp:GetUserPoolMfaConfig"))?)
        }
        false => None,
    };
    // The old name of the days that a temporary password is valid; Cognito refuses the two together.
    let temporary = pool.policies.as_ref().and_then(|policies| policies.password_policy()).is_some();
    let admin = pool.admin_create_user_config.map(|mut admin| {
        if temporary {
            admin.unused_account_validity_days = 0;
        }
        admin
    });
    aws.cognito
        .update_user_pool()
        .user_pool_id(&id)
        .set_pool_name(pool.name)
        .set_policies(pool.policies)
        .set_deletion_protection(pool.deletion_protection)
        .set_lambda_config(pool.lambda_config)
        .set_auto_verified_attributes(pool.auto_verified_attributes)
        .set_sms_verification_message(pool.sms_verification_message)
        .set_email_verification_message(pool.email_verification_message)
        .set_email_verification_subject(pool.email_verification_subject)
        .set_verification_message_template(pool.verification_message_template)
        .set_sms_authentication_message(pool.sms_authentication_message)
        .set_user_attribute_update_settings(pool.user_attribute_update_settings)
        // This call takes several factors only with text messages among them: they come back behind it.
        .set_mfa_configuration(pool.mfa_configuration.filter(|_| !factors || pool.sms_configuration.is_some()))
        .set_device_configuration(pool.device_configuration)
        .set_email_configuration(pool.email_configuration)
        .set_sms_configuration(pool.sms_configuration)
        .set_user_pool_tags(pool.user_pool_tags)
        .set_admin_create_user_config(admin)
        .set_user_pool_add_ons(pool.user_pool_add_ons)
        .set_account_recovery_setting(pool.account_recovery_setting)
        .set_user_pool_tier(pool.user_pool_tier)
        .set_key_configuration(pool.key_configuration)
        .set_issuer_configuration(pool.issuer_configuration)
        .set_acr_configuration(pool.acr_configuration)
        .send()
        .await
        .map_err(failed(address, "cognito-idp:UpdateUserPool"))?;
    if let Some(before) = before {
        aws.cognito
            .set_user_pool_mfa_config()
            .user_pool_id(&id)
            .set_mfa_configuration(before.mfa_configuration)
            .set_sms_mfa_configuration(before.sms_mfa_configuration)
            .set_software_token_mfa_configuration(before.software_token_mfa_configuration)
            .set_email_mfa_configuration(before.email_mfa_configuration)
            .set_web_authn_configuration(before.web_authn_configuration)
            .send()
            .await
            .map_err(failed(address, "cognito-idp:SetUserPoolMfaConfig"))?;
    }
    Ok(())
}
