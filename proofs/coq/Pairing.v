(** A layer's printed adjoint, checked by computation.

    A layer is a chain of equations, [inner] and then [result].  Its printed backward pass defines a sensitivity for every
    tensor of [inner] ([backward]) and a gradient for every tensor that the layer reads ([gradients]).  At the sizes given,

      sum over the layer's equations d of   sensitivity of d . tangent of d
        =  sum over the printed equations b of   value of b . direction of what b is the gradient of

    is an identity of polynomials, in which the directions of the inner tensors cancel; [vanishes] decides it by collecting
    the monomials of the difference.  So <s, Df h> = sum of <printed gradient, h> ([layer_adjoint]), at every point, in
    every direction, for any functions. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Equations Derivatives Polynomials.
Import ListNotations.
Open Scope R_scope.

Section Pairing.
  Variable F : functions.
  Hypothesis F_exp : forall o z, F 0%nat o z = exp z.
  Variable dims : name -> list Z.
  Notation eval := (eval F dims).
  Notation tangent := (tangent F dims).
  Notation close := (close dims).
  Notation polynomial := (polynomial dims).
  Notation tangent_polynomial := (tangent_polynomial dims).
  Notation eval_poly := (eval_poly F).
  Notation eval_tree := (eval_tree F).
  Let eval_close := Polynomials.eval_close F F_exp dims.
  Let eval_polynomial := Polynomials.eval_polynomial F F_exp dims.
  Let eval_tangent_polynomial := Polynomials.eval_tangent_polynomial F F_exp dims.
  Let eval_poly_exponentials := Polynomials.eval_poly_exponentials F F_exp.

  (** [is_cost]: the result is a number, and its sensitivity is 1.  [positions]: where the maxima are attained. *)
  Record layer := Layer { is_cost : bool; inner : list equation; result : equation; positions : list equation; backward : list equation; gradients : list equation }.
  Definition bar (t : name) : name := match t with Inner k => Sensitivity k | _ => t end.
  Definition unbar (t : name) : name := match t with Sensitivity k => Inner k | _ => t end.

  Definition index_eq_dec : forall a b : index, {a = b} + {a <> b}.
  Proof. decide equality; try apply Nat.eq_dec; apply Z.eq_dec. Defined.
  Definition bracket_eq_dec : forall a b : bracket, {a = b} + {a <> b}.
  Proof. decide equality; try apply Z.eq_dec; apply index_eq_dec. Defined.
  Definition expr_eq_dec : forall a b : expr, {a = b} + {a <> b}.
  Proof.
    decide equality; try apply Nat.eq_dec; try apply name_eq_dec; try apply index_eq_dec; try apply (list_eq_dec index_eq_dec); try apply (list_eq_dec bracket_eq_dec).
    - decide equality; [apply Pos.eq_dec | apply Z.eq_dec].
    - apply bracket_eq_dec.
  Defined.
  (** The definition c is the position of the maximum that d is. *)
  Definition is_position_of (d c : equation) : bool :=
    match body d with
    | Maximum k n gs a => plain false a &&
        (if expr_eq_dec (body c) (ArgMax k n gs a) then true else false) &&
        (if list_eq_dec Nat.eq_dec (indices c) (indices d) then true else false) &&
        (if list_eq_dec Z.eq_dec (shape dims (target c)) (shape dims (target d)) then true else false)
    | _ => false
    end.
  (** The tangent of an equation; those of a logsumexp and of a maximum refer to its value, or position, by name. *)
  Definition equation_tangent (l : layer) (d : equation) (p : Z) : poly :=
    let e := at_entry dims d p in
    match body d with
    | LogSumExp k n gs a =>
        exponentials (fun v => tangent_polynomial (set e k v) a) (fun v => close (set e k v) a) (CEntry (target d) p) (admitted e k n gs)
    | Maximum k n gs a => match find (is_position_of d) (positions l) with
        | Some c => flat_map (fun v => lmul (tangent_polynomial (set e k v) a) (fun _ => [(1%Q, [Pick v (CEntry (target c) p)])])) (admitted e k n gs)
        | None => []
        end
    | a => tangent_polynomial e a
    end.
  (** At no entry do the guards leave nothing. *)
  Definition over_something (d : equation) (k n : nat) (gs : list bracket) : bool :=
    forallb (fun p => match admitted (at_entry dims d p) k n gs with [] => false | _ => true end) (entries dims (target d)).
  Definition supported (l : layer) (d : equation) : bool :=
    match body d with
    | Maximum k n gs _ => over_something d k n gs && match find (is_position_of d) (positions l) with Some _ => true | None => false end
    | LogSumExp k n gs a => over_something d k n gs && plain true a
    | a => plain false a
    end.
  Definition sensitivity_factor (l : layer) (d : equation) (p : Z) : monomial :=
    if is_cost l && same_name (target d) (target (result l)) then [] else [Value (bar (target d)) p].
  Definition forward (l : layer) : list equation := inner l ++ [result l].
  Definition forward_poly (l : layer) (d : equation) : poly :=
    flat_map (fun p => pmul [(1%Q, sensitivity_factor l d p)] (equation_tangent l d p)) (entries dims (target d)).
  Definition backward_poly (d : equation) : poly :=
    flat_map (fun p => pmul [((-1)%Q, [Direction (unbar (target d)) p])] (polynomial (at_entry dims d p) (body d))) (entries dims (target d)).
  Definition pairing_tree (l : layer) : tree :=
    fold_left (fun t d => collect_monomials (backward_poly d) t) (backward l ++ gradients l)
      (fold_left (fun t d => collect_monomials (forward_poly l d) t) (forward l) Leaf).
  Definition vanishes (t : tree) : bool := match t with Leaf => true | _ => false end.
  Definition all_supported (l : layer) : bool :=
    forallb (supported l) (forward l) && forallb (fun d => plain false (body d)) (backward l ++ gradients l).

  Lemma eval_equation_tangent : forall l T D d p, In p (entries dims (target d)) -> supported l d = true -> (forall t p, moves t = false -> D t p = 0) ->
    T (target d) p = value F dims T d p ->
    (forall c, In c (positions l) -> shape dims (target c) = shape dims (target d) -> T (target c) p = value F dims T c p) ->
    eval_poly T D (equation_tangent l d p) = change F dims T D d p.
  Proof.
    intros l T D d p Hp Hs still H Hargs. unfold equation_tangent, change, value, supported in *. destruct (body d) eqn:Hb; try now apply eval_tangent_polynomial.
    - apply andb_prop in Hs as [_ Hs]. rewrite eval_poly_exponentials. apply sum_list_ext. intros v _. rewrite eval_tangent_polynomial, eval_close by auto using plain_weaker.
      do 4 f_equal. exact H.
    - apply andb_prop in Hs as [Hn Hs]. unfold over_something in Hn. rewrite forallb_forall in Hn. specialize (Hn p Hp).
      assert (Hn' : admitted (at_entry dims d p) k n gs <> []) by (intro E; now rewrite E in Hn). clear Hn.
      destruct (find (is_position_of d) (positions l)) as [c|] eqn:Hf; [|discriminate].
      apply find_some in Hf as [Hin Hc]. unfold is_position_of in Hc. rewrite Hb in Hc.
      apply andb_prop in Hc as [Hc H1]. apply andb_prop in Hc as [Hc H2]. apply andb_prop in Hc as [Hc H3].
      rename Hc into Hplain.
      destruct (list_eq_dec Z.eq_dec (shape dims (target c)) (shape dims (target d))) as [Hsh|]; [|discriminate].
      destruct (list_eq_dec Nat.eq_dec (indices c) (indices d)) as [Hv|]; [|discriminate].
      destruct (expr_eq_dec (body c) (ArgMax k n gs e)) as [Hbody|]; [|discriminate].
      specialize (Hargs c Hin Hsh). rewrite Hbody in Hargs. cbn [Equations.eval] in Hargs.
      assert (He : at_entry dims c p = at_entry dims d p) by (unfold at_entry; now rewrite Hv, Hsh).
      rewrite He in Hargs. cbn [Equations.tangent].
      rewrite eval_poly_flat_map. rewrite <- (pick_one _ _ (fun v => tangent T D (set (at_entry dims d p) k v) e) (admitted_once _ _ _ _) (argmax_in _ _ Hn')).
      apply sum_list_ext. intros v _. rewrite eval_poly_lmul, eval_poly_one, eval_tangent_polynomial by assumption. cbn [eval_atom eval_closed]. now rewrite Hargs.
  Qed.
  Lemma eval_tree_fold : forall T D (A : Type) (g : A -> poly) l t,
    eval_tree T D (fold_left (fun t d => collect_monomials (g d) t) l t) = sum_list l (fun d => eval_poly T D (g d)) + eval_tree T D t.
  Proof.
    intros T D A g. induction l as [|d l IH]; intro t; [simpl; ring|]. cbn [fold_left].
    rewrite IH, eval_tree_collect. simpl. ring.
  Qed.
  (** The identity, wherever the layer's definitions hold. *)
  Definition pairing_holds (l : layer) : Prop := forall T D,
    (forall t p, moves t = false -> D t p = 0) ->
    (forall d p, In d (forward l ++ positions l) -> In p (entries dims (target d)) -> T (target d) p = value F dims T d p) ->
    (is_cost l = true -> forall p, T (bar (target (result l))) p = 1) ->
    sum_list (forward l) (fun d => sum_list (entries dims (target d))
      (fun p => T (bar (target d)) p * change F dims T D d p)) =
    sum_list (backward l ++ gradients l) (fun d => sum_list (entries dims (target d))
      (fun p => value F dims T d p * D (unbar (target d)) p)).
  Lemma pairing_identity : forall l, vanishes (pairing_tree l) = true -> all_supported l = true -> pairing_holds l.
  Proof.
    intros l Hz Hs T D still solved one. apply andb_prop in Hs as [Hf Hb]. rewrite forallb_forall in Hf, Hb.
    unfold vanishes in Hz. destruct (pairing_tree l) eqn:Ht; [|discriminate]. clear Hz.
    assert (H : eval_tree T D (pairing_tree l) = 0) by now rewrite Ht.
    unfold pairing_tree in H. rewrite !eval_tree_fold in H. cbn [eval_tree] in H.
    assert (H1 : sum_list (forward l) (fun d => eval_poly T D (forward_poly l d)) = sum_list (forward l) (fun d =>
      sum_list (entries dims (target d)) (fun p => T (bar (target d)) p * change F dims T D d p))).
    { apply sum_list_ext. intros d Hd. unfold forward_poly. rewrite eval_poly_flat_map. apply sum_list_ext. intros p Hp.
      rewrite eval_poly_pmul, eval_equation_tangent.
      - f_equal. unfold sensitivity_factor. destruct (is_cost l && same_name (target d) (target (result l))) eqn:Hsc; [|now rewrite eval_poly_one].
        apply andb_prop in Hsc as [Hsc E]. apply same_name_true in E. rewrite E, one by exact Hsc.
        rewrite eval_poly_cons, eval_poly_nil, Q2R_1. simpl. ring.
      - exact Hp.
      - now apply Hf.
      - exact still.
      - apply solved; [apply in_or_app; now left | exact Hp].
      - intros c Hc E. apply solved; [apply in_or_app; now right | unfold entries; now rewrite E]. }
    assert (H2 : sum_list (backward l ++ gradients l) (fun d => eval_poly T D (backward_poly d)) = -1 * sum_list (backward l ++ gradients l) (fun d =>
      sum_list (entries dims (target d)) (fun p => value F dims T d p * D (unbar (target d)) p))).
    { rewrite <- sum_list_scal. apply sum_list_ext. intros d Hd. unfold backward_poly. rewrite eval_poly_flat_map, <- sum_list_scal.
      apply sum_list_ext. intros p _. rewrite eval_poly_pmul, eval_polynomial by now apply Hb.
      rewrite eval_poly_cons, eval_poly_nil. simpl. unfold Q2R. simpl. unfold value. field. }
    rewrite H1, H2 in H. lra.
  Qed.

  Definition all_names (l m : list name) : bool := if list_eq_dec name_eq_dec l m then true else false.
  Definition is_local (t : name) : bool := match t with Inner _ => true | _ => false end.
  Definition is_input (t : name) : bool := match t with Param _ | Activation _ => true | _ => false end.
  Definition chain (l : layer) : list equation := forward l ++ positions l ++ backward l.

  Definition well_formed (l : layer) : bool :=
    ordered (chain l) && forallb (fun d => is_local (target d)) (forward l ++ positions l) &&
    negb (existsb (same_name (target (result l))) (map target (positions l ++ backward l))) &&
    all_names (map target (backward l)) (rev (map bar (map target (inner l)))) &&
    negb (existsb (same_name (bar (target (result l)))) (map target (chain l))) &&
    forallb (fun g => is_input (target g)) (gradients l).
  Definition identity_accepted (l : layer) : bool := all_supported l && vanishes (pairing_tree l).
  Definition layer_accepted (l : layer) : bool := well_formed l && identity_accepted l.
  Lemma identity_accepted_holds : forall l, identity_accepted l = true -> pairing_holds l.
  Proof. intros l H. apply andb_prop in H as [Hs Hz]. now apply pairing_identity. Qed.

  Lemma entries_in_range : forall t p, In p (entries dims t) -> in_range dims t p = true.
  Proof.
    intros t p H. apply in_zrange in H. unfold in_range. apply andb_true_intro. split; [apply Z.leb_le | apply Z.ltb_lt]; lia.
  Qed.

  (** <s, Df h> = sum over the tensors read of <printed gradient, h>, at any point, in any direction, for any functions. *)
  Theorem layer_adjoint : forall l T D, well_formed l = true -> pairing_holds l -> (forall t p, moves t = false -> D t p = 0) ->
    (is_cost l = true -> forall p, T (bar (target (result l))) p = 1) ->
    let T' := run F dims (chain l) T in
    let D' := push F dims (chain l) T D in
    sum_list (entries dims (target (result l))) (fun p => T (bar (target (result l))) p * D' (target (result l)) p) =
    sum_list (gradients l) (fun g => sum_list (entries dims (target g)) (fun q => value F dims T' g q * D (target g) q)).
  Proof.
    intros l T D Hc Hidentity still one T' D'. unfold well_formed in Hc.
    apply andb_prop in Hc as [Hc Hgrads]. apply andb_prop in Hc as [Hc Hbar]. apply andb_prop in Hc as [Hc Hback].
    apply andb_prop in Hc as [Hc _]. apply andb_prop in Hc as [Hc Hloc].
    rewrite forallb_forall in Hloc, Hgrads. unfold all_names in Hback.
    destruct (list_eq_dec name_eq_dec _ _) as [Hb|]; [|discriminate]. clear Hback.
    assert (Hinner : forall d, In d (inner l) -> In d (forward l ++ positions l)).
    { intros d Hd. unfold forward. rewrite !in_app_iff. tauto. }
    assert (Htargets : forall t, In t (map target (chain l)) -> is_input t = false /\ moves t = true).
    { intros t Ht. unfold chain in Ht. rewrite app_assoc, map_app, Hb in Ht. apply in_app_or in Ht as [Hl|Hl].
      - apply in_map_iff in Hl as [d [<- Hd]]. apply Hloc in Hd. now destruct (target d).
      - apply in_rev, in_map_iff in Hl as [t0 [<- Hl]]. apply in_map_iff in Hl as [d [<- Hd]].
        apply Hinner, Hloc in Hd. now destruct (target d). }
    assert (still' : forall t p, moves t = false -> D' t p = 0).
    { intros t p Ht. unfold D'. rewrite push_other; [now apply still|]. intro Hin. apply Htargets in Hin. destruct Hin. congruence. }
    assert (Hchain : forall d, In d (forward l ++ positions l) -> In d (chain l)).
    { intros d Hd. unfold chain. rewrite app_assoc. apply in_or_app. now left. }
    assert (Hout : T' (bar (target (result l))) = T (bar (target (result l)))).
    { unfold T'. apply run_other. intro Hin. apply negb_true_iff in Hbar.
      rewrite <- not_true_iff_false in Hbar. apply Hbar. apply existsb_exists. eexists. split; [exact Hin | apply same_name_refl]. }
    assert (Hone : is_cost l = true -> forall p, T' (bar (target (result l))) p = 1) by (intros; rewrite Hout; now apply one).
    assert (Hsolved : forall d p, In d (forward l ++ positions l) -> In p (entries dims (target d)) -> T' (target d) p = value F dims T' d p).
    { intros d p Hd Hp. apply run_solves; [exact Hc | now apply Hchain | now apply entries_in_range]. }
    pose proof (Hidentity T' D' still' Hsolved Hone) as H.
    assert (H0 : sum_list (forward l) (fun d => sum_list (entries dims (target d)) (fun p => T' (bar (target d)) p * change F dims T' D' d p))
               = sum_list (map target (inner l)) (fun t => sum_list (entries dims t) (fun p => T' (bar t) p * D' t p))
               + sum_list (entries dims (target (result l))) (fun p => T (bar (target (result l))) p * D' (target (result l)) p)).
    { unfold forward. rewrite sum_list_app, sum_list_map. f_equal.
      - apply sum_list_ext. intros d Hd. apply sum_list_ext. intros p Hp. f_equal. symmetry.
        apply push_solves; [exact Hc | now apply Hchain, Hinner | now apply entries_in_range].
      - simpl. rewrite Rplus_0_r. apply sum_list_ext. intros p Hp. rewrite Hout. f_equal. symmetry.
        apply push_solves; [exact Hc | | now apply entries_in_range].
        apply Hchain. unfold forward. rewrite !in_app_iff. simpl. tauto. }
    assert (H2 : sum_list (backward l) (fun d => sum_list (entries dims (target d)) (fun p => value F dims T' d p * D' (unbar (target d)) p))
               = sum_list (map target (inner l)) (fun t => sum_list (entries dims t) (fun p => T' (bar t) p * D' t p))).
    { transitivity (sum_list (map target (backward l)) (fun t => sum_list (entries dims t) (fun p => T' t p * D' (unbar t) p))).
      - rewrite sum_list_map. apply sum_list_ext. intros d Hd. apply sum_list_ext. intros p Hp. f_equal. symmetry.
        apply run_solves; [exact Hc | unfold chain; rewrite !in_app_iff; tauto | now apply entries_in_range].
      - rewrite Hb, sum_list_rev, sum_list_map. apply sum_list_ext. intros t Ht.
        apply in_map_iff in Ht as [d [<- Hd]]. apply Hinner, Hloc in Hd. now destruct (target d). }
    assert (H4 : sum_list (gradients l) (fun d => sum_list (entries dims (target d)) (fun p => value F dims T' d p * D' (unbar (target d)) p))
               = sum_list (gradients l) (fun g => sum_list (entries dims (target g)) (fun q => value F dims T' g q * D (target g) q))).
    { apply sum_list_ext. intros g Hg. apply Hgrads in Hg. apply sum_list_ext. intros p _. f_equal.
      replace (unbar (target g)) with (target g) by now destruct (target g).
      unfold D'. rewrite push_other; [reflexivity|]. intro Hin. apply Htargets in Hin. destruct Hin. congruence. }
    rewrite H0, sum_list_app, H2, H4 in H. lra.
  Qed.
End Pairing.
